import type { Command } from 'commander';
import { configFrom, placesIn } from '../../config.ts';
import { answer, type Context, type ExitStatus, type Options } from '../command.ts';

type ServeOptions = Options & { readonly role?: string; readonly host?: string; readonly port?: string };

export function addServe(program: Command, context: Context): void {
  program
    .command('serve')
    .description('run the service until Ctrl-C')
    .option('--data <dir>', 'data directory (TRAILPORT_DATA; default ./data)')
    .option('--role <role>', 'all, http or worker: what this process does (TRAILPORT_ROLE; default all)')
    .option('--host <host>', 'address to listen on (TRAILPORT_HOST; default 127.0.0.1)')
    .option('--port <port>', 'port to listen on, 0 for a free one (TRAILPORT_PORT; default 8080)')
    .option('--json', 'print one JSON document once the service answers')
    .addHelpText(
      'after',
      '\nTRAILPORT_PUBLIC_URL is the address that clients use. The log goes to standard\nerror: for people in a terminal, else one JSON object a line.',
    )
    .action(async (options: ServeOptions) => {
      const config = configFrom(options, context.terminal.env);
      const listening = ({ url }: { url: string | null }) => {
        const credentials = placesIn(config.data).credentials;
        if (url === null) {
          const text = `A worker of Trailport works on ${config.data}. It answers no HTTP; a process with --role http does.\n`;
          return answer(context, options, { server: null, data: config.data, credentials: null }, text);
        }
        const text = `Trailport answers at ${url}. API reference: ${url}/docs. Your credentials: ${credentials}\n`;
        answer(context, options, { server: url, data: config.data, credentials }, text);
      };
      context.done((await context.programs.serve(config, listening)) as ExitStatus);
    });
}
