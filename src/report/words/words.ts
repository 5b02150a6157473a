import type { Language } from '../../domain/columns.ts';
import { enUS } from './en-us.ts';
import { frFR } from './fr-fr.ts';
import { jaJP } from './ja-jp.ts';
import type { Words } from './wording.ts';

export type { Words } from './wording.ts';

export const words = { 'en-US': enUS, 'ja-JP': jaJP, 'fr-FR': frFR } as const satisfies Record<Language, Words>;
