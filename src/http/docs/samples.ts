/** What a sample is made from: a part of an operation of the OpenAPI document. */
export type Described = {
  readonly operationId?: string;
  readonly description?: string;
  readonly security?: readonly object[];
  readonly parameters?: readonly {
    readonly name: string;
    readonly in: string;
    readonly required?: boolean;
    readonly example?: unknown;
  }[];
  readonly requestBody?: {
    readonly content: Readonly<Record<string, { readonly example?: unknown }>>;
  };
  readonly responses?: Readonly<Record<string, { readonly content?: Readonly<Record<string, unknown>> }>>;
};

type Call = {
  readonly method: string;
  readonly url: string;
  readonly needsToken: boolean;
  readonly mediaType: string | null;
  /** The JSON that is sent; null for a form or a file, or without a body. */
  readonly json: string | null;
  /** The pairs of the form that is sent. */
  readonly form: readonly string[];
  readonly isFile: boolean;
  /** The name to save the answer under; null when it is JSON. */
  readonly saveAs: string | null;
};

/** The operation with `x-codeSamples` and the same samples in its description, for readers that show no extensions. */
export function withSamples<T extends Described>(server: string, method: string, path: string, operation: T): T {
  const call = callOf(server, method.toUpperCase(), path, operation);
  const samples = [
    { lang: 'Shell', label: 'curl', source: curl(call) },
    { lang: 'JavaScript', label: 'JavaScript', source: javaScript(call) },
    { lang: 'PowerShell', label: 'PowerShell', source: powerShell(call) },
  ];
  const shown = samples.map(
    ({ lang, label, source }) => `**${label}**\n\n\`\`\`${lang.toLowerCase()}\n${source}\n\`\`\``,
  );
  const description = [operation.description ?? '', ...shown].filter((part) => part !== '').join('\n\n');
  return { ...operation, description, 'x-codeSamples': samples };
}

function callOf(server: string, method: string, path: string, operation: Described): Call {
  const values = new Map(operation.parameters?.map(({ name, example }) => [name, example]));
  const filled = path.replace(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(String(values.get(name) ?? 170)));
  const needed = operation.parameters?.filter(({ in: place, required }) => place === 'query' && required) ?? [];
  const query = needed.map(({ name, example }) => `${name}=${encodeURIComponent(String(example))}`).join('&');
  const [mediaType = null, content] = Object.entries(operation.requestBody?.content ?? {})[0] ?? [];
  const example = content?.example;
  const isForm = mediaType === 'application/x-www-form-urlencoded';
  const [answer = 'application/json'] = Object.keys(operation.responses?.[200]?.content ?? {});
  return {
    method,
    url: server + filled + (query === '' ? '' : `?${query}`),
    needsToken: operation.security === undefined,
    mediaType,
    json: example === undefined || isForm ? null : JSON.stringify(example),
    form: isForm ? Object.entries(example ?? {}).map(([name, value]) => `${name}=${value}`) : [],
    isFile: mediaType === 'application/octet-stream',
    saveAs:
      ({ 'application/zip': 'report.zip', 'application/x-ndjson': 'rejects.ndjson' } as Record<string, string>)[
        answer
      ] ?? null,
  };
}

function curl({ method, url, needsToken, mediaType, json, form, isFile, saveAs }: Call): string {
  const isForm = form.length > 0;
  const parts = [
    `curl ${method === 'GET' || isForm ? '' : method === 'HEAD' ? '--head ' : `-X ${method} `}'${url}'`,
    ...(needsToken ? ['-H "Authorization: Bearer $TOKEN"'] : []),
    ...(mediaType !== null && !isForm ? [`-H 'Content-Type: ${mediaType}'`] : []),
    ...(json !== null ? [`-d '${json}'`] : []),
    ...(isFile ? ['--data-binary @audit.csv'] : []),
    ...(isForm ? form.map((pair) => `-d ${pair}`) : []),
    ...(saveAs !== null && method !== 'HEAD' ? [`-o ${saveAs}`] : []),
  ];
  return parts.join(' \\\n  ');
}

function javaScript({ method, url, needsToken, mediaType, json, form, isFile, saveAs }: Call): string {
  const isForm = form.length > 0;
  const headers = [
    ...(needsToken ? ["Authorization: 'Bearer ' + token"] : []),
    ...(mediaType !== null && !isForm ? [`'Content-Type': '${mediaType}'`] : []),
  ];
  const body =
    json !== null
      ? `JSON.stringify(${json})`
      : isFile
        ? "await openAsBlob('audit.csv')"
        : isForm
          ? `new URLSearchParams('${form.join('&')}')`
          : null;
  const options = [
    ...(method === 'GET' ? [] : [`method: '${method}'`]),
    ...(headers.length === 0 ? [] : [`headers: { ${headers.join(', ')} }`]),
    ...(body === null ? [] : [`body: ${body}`]),
  ];
  const read =
    method === 'HEAD' ? 'response.headers' : saveAs === null ? 'await response.json()' : 'await response.bytes()';
  const given = options.length === 0 ? '' : `, {\n${options.map((option) => `  ${option},\n`).join('')}}`;
  return `${isFile ? "import { openAsBlob } from 'node:fs';\n" : ''}const response = await fetch('${url}'${given});\nconsole.log(response.status, ${read});`;
}

function powerShell({ method, url, needsToken, mediaType, json, form, isFile, saveAs }: Call): string {
  const isForm = form.length > 0;
  const parts = [
    `${method === 'HEAD' ? 'Invoke-WebRequest' : 'Invoke-RestMethod'} -Uri '${url}'`,
    ...(method === 'GET' ? [] : [`-Method ${method}`]),
    ...(needsToken ? ['-Headers @{ Authorization = "Bearer $token" }'] : []),
    ...(mediaType === null ? [] : [`-ContentType '${mediaType}'`]),
    ...(json === null ? [] : [`-Body '${json}'`]),
    ...(isFile ? ['-InFile audit.csv'] : []),
    ...(isForm ? [`-Body '${form.join('&')}'`] : []),
    ...(saveAs !== null && method !== 'HEAD' ? [`-OutFile ${saveAs}`] : []),
  ];
  return parts.join(' `\n  ');
}
