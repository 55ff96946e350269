export interface Alias {
  readonly name: string;
  readonly cidr: string;
  readonly allowed: boolean;
  readonly expiresUnixMs: number;
  readonly comment: string;
  readonly expired: boolean;
}

export interface ListAliasesRequest {
  readonly cluster: string;
}

export interface ListAliasesResponse {
  readonly aliases: readonly Alias[];
}

export interface SetAliasRequest {
  readonly cluster: string;
  readonly alias: Alias | null;
}

export interface SetAliasResponse {
  readonly alias: Alias | null;
}

export interface RemoveAliasRequest {
  readonly cluster: string;
  readonly name: string;
}

export type RemoveAliasResponse = Readonly<Record<string, never>>;
