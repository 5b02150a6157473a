import { once } from 'node:events';
import type { Command } from 'commander';
import { Failure } from '../../domain/failure.ts';
import { type Context, note, type Options, withServiceOptions } from '../command.ts';
import { type Client, clientFor } from '../service/client.ts';
import { jobArgument } from './job.ts';

export function addRejects(program: Command, context: Context): void {
  const command = program
    .command('rejects')
    .description('print the records that an import rejected, one JSON line each: line, reason, record')
    .argument('<job>', 'the job id of the import', jobArgument);
  withServiceOptions(command, 'print {"rejects":[…]} instead of lines').action(
    async (jobId: number, options: Options) => {
      const { stdout, signal } = context.terminal;
      const client = await clientFor(context, options);
      const write = async (text: string | Uint8Array) => {
        if (!stdout.write(text)) await once(stdout, 'drain', { signal });
      };
      const lines = await rejectsOf(client, jobId);
      if (lines === null) note(context, options, `Job ${jobId} rejected no records.`);
      if (!options.json) {
        for await (const chunk of lines ?? []) await write(chunk);
        return;
      }
      await write('{"rejects":[');
      for await (const text of commaSeparated(lines ?? [])) await write(text);
      await write(']}\n');
    },
  );
}

/** The rejected records of an import as NDJSON; null when it rejected none. */
export async function rejectsOf(client: Client, jobId: number): Promise<AsyncIterable<Uint8Array> | null> {
  try {
    return (await client.ask(`/insights/job/${jobId}/rejects`)).body as AsyncIterable<Uint8Array> | null;
  } catch (error) {
    if (error instanceof Failure && error.code === 'rejects_none') return null;
    throw error;
  }
}

/** NDJSON with commas between its lines. */
async function* commaSeparated(chunks: AsyncIterable<Uint8Array> | Iterable<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let separator = '';
  for await (const chunk of chunks) {
    for (const part of decoder.decode(chunk, { stream: true }).split(/(?<=\n)/)) {
      if (part === '') continue;
      yield separator + part.replace(/\n$/, '');
      separator = part.endsWith('\n') ? ',\n' : '';
    }
  }
}
