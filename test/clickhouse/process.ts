import { DynamicLibrary, getRawPointer } from 'node:ffi';

/*
 * A real ClickHouse server in this process: the library of the engine has clickhouse-local in it, whose listeners SQL
 * opens. Arguments: the library, the directory for data, a configuration file, the ports for HTTP and TCP.
 */
const [library, directory, configuration, http, tcp] = process.argv.slice(2) as [
  string,
  string,
  string,
  string,
  string,
];

const forEver = `SELECT sleepEachRow(1) FROM numbers(100000000)
  SETTINGS function_sleep_max_microseconds_per_block = 1000000000000, max_block_size = 1 FORMAT Null`;
const options = {
  path: directory,
  listen_host: '127.0.0.1',
  'http-port': http,
  'tcp-port': tcp,
  'config-file': configuration,
  query: `SYSTEM START LISTEN HTTP; SYSTEM START LISTEN TCP; ${forEver}`,
};
const argv = ['clickhouse', ...Object.entries(options).flatMap(([name, value]) => [`--${name}`, value])];

// `char **`: the texts must stay where they are until the call returns, which is never.
const texts = argv.map((text) => Buffer.from(`${text}\0`));
const pointers = new BigUint64Array(texts.map((text) => getRawPointer(text)));
const run = new DynamicLibrary(library).getFunction('query_stable_v2', {
  arguments: ['int32', 'pointer'],
  return: 'pointer',
});
run(texts.length, getRawPointer(Buffer.from(pointers.buffer)));
