import type { Unusable } from './values/member.ts';

/**
 * Whether a text is what PowerShell writes when an object is nested deeper than it serializes: the name of its type
 * (`System.Collections.Hashtable`, `Microsoft.Graph.…`), or `@{Name=Value; …}`.
 */
export function isTypeName(written: string): boolean {
  return /^\s{0,9}(?:@\{|(?:Deserialized\.)?(?:System|Microsoft)\.[\w.]{1,200})/.test(written);
}

/** The reason for a member that holds such a text instead of JSON. */
export function typeNameInstead(member: string): Unusable {
  return {
    reason: `${member} holds the name of a PowerShell type instead of JSON; export it again with ConvertTo-Json -Depth 20, which writes the whole object.`,
  };
}
