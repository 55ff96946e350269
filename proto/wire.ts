/**
 * The messages of weir.v1 as the wire gives them and takes them: 64-bit numbers as numbers, enums by name, an absent
 * message as null, and of a oneof the name of the member that is set beside that member. What each field means is said
 * in weir/v1/*.proto.
 */

export type * from './wire/alias.ts';
export type * from './wire/flow.ts';
export type * from './wire/ingest.ts';
export type * from './wire/policy.ts';
export type * from './wire/query.ts';
export type * from './wire/settings.ts';
