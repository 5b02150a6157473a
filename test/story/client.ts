export type Access = {
  readonly server: string;
  readonly clientId: string;
  readonly clientSecret: string;
  readonly scope: string;
};

/** The wire's status of a job. */
export type WireStatus = { readonly jobStatus: number; readonly status: number; readonly message: string };

/** A program that may get tokens, and its calls of the service. */
export abstract class Client {
  #token: string | undefined;

  abstract get access(): Access;

  get url(): string {
    return this.access.server;
  }

  /** An access token, asked for once. */
  async token(): Promise<string> {
    if (this.#token === undefined) {
      const { clientId, clientSecret, scope } = this.access;
      const form = { grant_type: 'client_credentials', client_id: clientId, client_secret: clientSecret, scope };
      const answer = await fetch(`${this.url}/connect/token`, { method: 'POST', body: new URLSearchParams(form) });
      this.#token = ((await answer.json()) as { access_token: string }).access_token;
    }
    return this.#token;
  }

  /** A call with a token. */
  async call(path: string, init: RequestInit = {}): Promise<Response> {
    const headers = new Headers(init.headers);
    headers.set('authorization', `Bearer ${await this.token()}`);
    return fetch(this.url + path, { ...init, headers });
  }

  /** A call that answers JSON. */
  async json<T = Record<string, unknown>>(path: string, init: RequestInit = {}): Promise<T> {
    return (await (await this.call(path, init)).json()) as T;
  }

  /** Hands in a file and waits for its job to end. */
  async import(body: Buffer | string): Promise<Record<string, never>> {
    const headers = { 'content-type': 'application/octet-stream' };
    const { jobId } = await this.json<{ jobId: number }>('/insights/imports', {
      method: 'POST',
      body: body as string,
      headers,
    });
    await this.ended(jobId);
    return this.json(`/insights/job/${jobId}`);
  }

  /** The wire's status once the job has ended. */
  async ended(jobId: number | string): Promise<WireStatus> {
    for (;;) {
      const headers = { prefer: 'wait=60' };
      const status = await this.json<WireStatus>(`/insights/job/${jobId}/exportstatus`, { headers });
      if (status.jobStatus !== 1) return status;
    }
  }

  async download(jobId: number | string): Promise<Buffer> {
    const answer = await this.call(`/insights/job/${jobId}/exportfile`);
    if (answer.status !== 200) throw new Error(`download answered ${answer.status}: ${await answer.text()}`);
    return Buffer.from(await answer.arrayBuffer());
  }
}
