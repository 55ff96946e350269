import protobuf from 'protobufjs';
import { definitionFiles, protoFolder } from './load.ts';

/** Every definition of weir.v1 with its comments, for what describes or checks messages by their fields. */
export const definitions: protobuf.Root = readDefinitions();

function readDefinitions(): protobuf.Root {
  const root = new protobuf.Root();
  const folder = protoFolder();
  root.resolvePath = (_, target) => `${folder}/${target}`;
  root.loadSync([...definitionFiles], { alternateCommentMode: true });
  root.resolveAll();
  return root;
}

/** @param name such as `weir.v1.QueryService` @throws Error when there is none */
export function serviceDefinition(name: string): protobuf.Service {
  return definitions.lookupService(name);
}

/** The fields that stand in a message by themselves, and the members of each choice, of which one at most is set. */
export function choicesOf(type: protobuf.Type): readonly protobuf.OneOf[] {
  return type.oneofsArray.filter((choice) => !choice.isProto3Optional);
}
