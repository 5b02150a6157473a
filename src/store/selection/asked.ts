import type { ListFilter } from '../../domain/filters.ts';
import type { Selection } from '../../domain/selection.ts';
import type { AskRows } from '../engine/engine.ts';
import { folded, objectKey, userKey } from '../rules/keys.ts';
import { keyOfList, listsOf } from './filters.ts';

/** What a selection's texts are compared by: made by the same SQL as the keys of the rows. */
export type AskedKeys = {
  readonly user: string | null;
  /** In hexadecimal digits, since an object's key holds bytes that are no text. */
  readonly objectHex: string | null;
  readonly text: string | null;
  /** Of each list with entries, a key for every entry in their order. */
  readonly lists: Readonly<Partial<Record<ListFilter, readonly string[]>>>;
};

/**
 * Asked for once and bound as values: inside a larger query the engine would copy a text for each place where the rule
 * names it, and a megabyte would take seconds.
 */
export async function askedKeys(rows: AskRows, selection: Selection): Promise<AskedKeys> {
  const { user, object, text } = selection;
  const lists = listsOf(selection);
  if (user === null && object === null && text === null && lists.length === 0) {
    return { user, objectHex: object, text, lists: {} };
  }
  const keyOr = (value: string | null, key: string) => (value === null ? "''" : key);
  const [row] = await rows<[string, string, string, ...string[][]]>(
    `SELECT ${[
      keyOr(user, userKey('user')),
      keyOr(object, `hex(${objectKey('object')})`),
      keyOr(text, folded('text')),
      ...lists.map((name) => `arrayMap(entry -> ${keyOfList(name, 'entry')}, ${name})`),
    ].join(', ')}
     FROM (SELECT materialize({user:String}) AS user, materialize({object:String}) AS object,
       materialize({text:String}) AS text
       ${lists.map((name) => `, materialize({${name}:Array(String)}) AS ${name}`).join('')})`,
    {
      user: user ?? '',
      object: object ?? '',
      text: text ?? '',
      ...Object.fromEntries(lists.map((name) => [name, selection[name]])),
    },
  );
  const [userText, objectHex, textKey, ...keys] = row!;
  return {
    user: user === null ? null : userText,
    objectHex: object === null ? null : objectHex,
    text: text === null ? null : textKey,
    lists: Object.fromEntries(lists.map((name, i) => [name, keys[i]!])),
  };
}
