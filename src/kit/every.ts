/**
 * Calls `work` every `ms` until it is disposed of, and never again while a call is under way: who is slow must not be asked
 * twice at once. What it throws goes to `failed`, and it is called again the next time.
 */
export function every(ms: number, work: () => unknown, failed: (error: unknown) => void): Disposable {
  let working = false;
  const timer = setInterval(async () => {
    if (working) return;
    working = true;
    try {
      await work();
    } catch (error) {
      failed(error);
    } finally {
      working = false;
    }
  }, ms);
  return { [Symbol.dispose]: () => clearInterval(timer) };
}
