export { type BackupParts, makeBackup } from './make.ts';
export { backupNameFor, findBackup } from './place.ts';
export { type RestoreParts, restoreBackup } from './restore.ts';
