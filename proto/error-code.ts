/** The trailing metadata key under which a failed call carries the code of core/errors.ts. */
export const errorCodeKey = 'weir-error-code';
