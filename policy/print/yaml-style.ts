/** What kubectl reads is YAML 1.1, in which `on` and `012` are no strings: `compat` has them quoted. For `stringify`. */
export const yamlStyle = {
  indentSeq: false,
  lineWidth: 0,
  aliasDuplicateObjects: false,
  compat: 'yaml-1.1',
} as const;
