export type Library = typeof import('oidc-provider');

let loading: Promise<Library> | null = null;

/**
 * Loads oidc-provider. At import it warns on the console about any Node release that is not yet in long-term support;
 * the release comes with our own package.json and is tested with it, so that one line is held back.
 */
export function loadLibrary(): Promise<Library> {
  loading ??= quietly(() => import('oidc-provider'));
  return loading;
}

async function quietly<T>(load: () => Promise<T>): Promise<T> {
  const warn = console.warn;
  console.warn = (...words: unknown[]) => {
    if (!String(words[0]).includes('oidc-provider WARNING: Unsupported runtime')) warn(...words);
  };
  try {
    return await load();
  } finally {
    console.warn = warn;
  }
}
