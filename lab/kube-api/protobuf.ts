import protobuf from 'protobufjs';
import { isFields } from '../../core/fields.ts';

/*
 * Clients that are compiled with Kubernetes' own types send them as protobuf, and take JSON for an answer. After
 * generated.proto of k8s.io/api and k8s.io/apimachinery: the kinds that helm and kubectl send so, and the fields that they
 * set. https://kubernetes.io/docs/reference/using-api/api-concepts/#protobuf-encoding
 */
const schema = `
syntax = "proto2";
message Unknown { optional TypeMeta typeMeta = 1; optional bytes raw = 2; }
message TypeMeta { optional string apiVersion = 1; optional string kind = 2; }
message ObjectMeta {
  optional string name = 1;
  optional string generateName = 2;
  optional string namespace = 3;
  optional string uid = 5;
  optional string resourceVersion = 6;
  map<string, string> labels = 11;
  map<string, string> annotations = 12;
}
message Namespace { optional ObjectMeta metadata = 1; }
message ConfigMap { optional ObjectMeta metadata = 1; map<string, string> data = 2; }
message Secret {
  optional ObjectMeta metadata = 1;
  map<string, bytes> data = 2;
  optional string type = 3;
  map<string, string> stringData = 4;
}
message RoleRef { optional string apiGroup = 1; optional string kind = 2; optional string name = 3; }
message Subject {
  optional string kind = 1;
  optional string apiGroup = 2;
  optional string name = 3;
  optional string namespace = 4;
}
message RoleBinding {
  optional ObjectMeta metadata = 1;
  repeated Subject subjects = 2;
  optional RoleRef roleRef = 3;
}
message ClusterRoleBinding {
  optional ObjectMeta metadata = 1;
  repeated Subject subjects = 2;
  optional RoleRef roleRef = 3;
}
message TokenRequestSpec { repeated string audiences = 1; optional int64 expirationSeconds = 4; }
message TokenRequest { optional ObjectMeta metadata = 1; optional TokenRequestSpec spec = 2; }
message ResourceAttributes {
  optional string namespace = 1;
  optional string verb = 2;
  optional string group = 3;
  optional string version = 4;
  optional string resource = 5;
  optional string subresource = 6;
  optional string name = 7;
}
message SelfSubjectAccessReviewSpec { optional ResourceAttributes resourceAttributes = 1; }
message SelfSubjectAccessReview { optional ObjectMeta metadata = 1; optional SelfSubjectAccessReviewSpec spec = 2; }
message DeleteOptions {
  optional int64 gracePeriodSeconds = 1;
  optional string propagationPolicy = 4;
  repeated string dryRun = 5;
}
message Eviction { optional ObjectMeta metadata = 1; optional DeleteOptions deleteOptions = 2; }
`;

export const protobufType = 'application/vnd.kubernetes.protobuf';

/** Before each object. */
const magic = Buffer.from('k8s\0');
const { root } = protobuf.parse(schema, { keepCase: true });
/** As JSON has them: bytes in base64, what is not set not there. */
const asJson = { bytes: String, longs: Number };

/** The fields of Go that no pointer leads to are sent also where they are empty. */
function withoutEmpty(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutEmpty);
  if (!isFields(value)) return value;
  const set = Object.entries(value).filter(([, each]) => each !== '');
  return Object.fromEntries(set.map(([name, each]) => [name, withoutEmpty(each)]));
}

/** The object in a protobuf body, as JSON; null for what is none, or is of a kind that is not known here. */
export function jsonOfProtobuf(body: Buffer): string | null {
  if (!body.subarray(0, magic.length).equals(magic)) return null;
  try {
    const envelope = root.lookupType('Unknown').decode(body.subarray(magic.length)).toJSON();
    const { typeMeta, raw } = envelope as { typeMeta: { apiVersion: string; kind: string }; raw?: string };
    const type = root.lookupType(typeMeta.kind);
    const object = type.toObject(type.decode(Buffer.from(raw ?? '', 'base64')), asJson);
    return JSON.stringify({ ...typeMeta, ...(withoutEmpty(object) as object) });
  } catch {
    return null;
  }
}
