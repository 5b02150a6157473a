import { fastify } from 'fastify';

/** A Fastify that answers what a poll answers and does nothing else. Prints its address. */
const app = fastify();
const answer = { jobStatus: 2, status: 200, message: '' };
app.get('/insights/job/:jobId/exportstatus', async () => answer);
process.stdout.write(`${await app.listen({ port: 0, host: '127.0.0.1' })}\n`);
