import { type Static, Type } from 'typebox';

/** The body of every error: the compatible `status` and `message`, and the members of RFC 9457. */
export const Problem = Type.Object(
  {
    status: Type.Integer({ description: 'The HTTP status of this answer.' }),
    message: Type.String({ description: 'One sentence that says what to do.' }),
    type: Type.String({ format: 'uri', examples: ['urn:trailport:failure:job_unknown'] }),
    title: Type.String(),
    code: Type.String(),
    requestId: Type.String(),
  },
  { $id: 'Problem' },
);
export type Problem = Static<typeof Problem>;
