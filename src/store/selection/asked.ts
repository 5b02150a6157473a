import type { Selection } from '../../domain/selection.ts';
import type { Engine } from '../engine/engine.ts';
import { folded, objectKey, userKey } from '../rules/keys.ts';

/** What a selection's texts are compared by: made by the same SQL as the keys of the rows. */
export type AskedKeys = {
  readonly user: string | null;
  /** In hexadecimal digits, since an object's key holds bytes that are no text. */
  readonly objectHex: string | null;
  /** One for each event type asked for, in their order. */
  readonly eventTypes: readonly string[];
};

/**
 * Asked for once and bound as values: inside a larger query the engine would copy a text for each place where the rule
 * names it, and a megabyte would take seconds.
 */
export async function askedKeys(engine: Engine, selection: Selection): Promise<AskedKeys> {
  const { user, object, eventTypes } = selection;
  if (user === null && object === null && eventTypes.length === 0) return { user, objectHex: object, eventTypes };
  const [row] = await engine.rows<[string, string, string[]]>(
    `SELECT ${user === null ? "''" : userKey('user')}, ${object === null ? "''" : `hex(${objectKey('object')})`},
       ${eventTypes.length === 0 ? '[]' : `arrayMap(name -> ${folded('name')}, names)`}
     FROM (SELECT materialize({user:String}) AS user, materialize({object:String}) AS object,
       materialize({names:Array(String)}) AS names)`,
    { user: user ?? '', object: object ?? '', names: eventTypes },
  );
  const [userText, objectHex, types] = row!;
  return { user: user === null ? null : userText, objectHex: object === null ? null : objectHex, eventTypes: types };
}
