import assert from 'node:assert/strict';
import { test } from 'node:test';
import { activitiesOf, activityOf, itemsOf } from './reading.ts';

const id = {
  time: '2026-03-02T08:15:00.25Z',
  uniqueQualifier: '-8128256221584555588',
  applicationName: 'drive',
  customerId: 'C0',
};

const page = (...events: unknown[]) =>
  JSON.stringify({
    kind: 'admin#reports#activities',
    items: [{ id, actor: { email: 'ada@workspace.example' }, events }],
  });

test('every event is an activity of its own, with the whole record as raw', async () => {
  const activities = await activitiesOf(
    page(
      {
        type: 'access',
        name: 'edit',
        parameters: [
          { name: 'doc_id', value: 'd1' },
          { name: 'doc_title', value: 'Ångström' },
          { name: 'doc_type', value: 'document' },
          { name: 'owner', value: 'ada@workspace.example' },
          { name: 'shared_drive_id', value: 'never' },
        ],
      },
      { type: 'acl_change', name: 'change_user_access', parameters: [{ name: 'shared_drive_id', value: 's1' }] },
    ),
  );
  const short = activities.map((one) => [
    one.activityId,
    one.activity,
    one.object,
    one.item,
    one.itemType,
    one.site,
    one.recordType,
  ]);
  const tuple = '2026-03-02T08:15:00.250Z/drive/C0/-8128256221584555588';
  assert.deepEqual(short, [
    [`${tuple}/1/edit`, 'edit', 'd1', 'Ångström', 'document', 'ada@workspace.example', 'access'],
    [`${tuple}/2/change_user_access`, 'change_user_access', '', '', '', 's1', 'acl_change'],
  ]);
  assert.deepEqual(new Set(activities.map((one) => JSON.parse(one.raw).events.length)), new Set([2]));
  assert.deepEqual(new Set(activities.map((one) => one.service)), new Set(['drive']));
});

test('an actor without e-mail is known by profile, else by key', async () => {
  const user = async (actor: object) => (await activityOf(JSON.stringify({ id, actor, events: [{ name: 'x' }] }))).user;
  assert.equal(await user({ profileId: '1111', key: 'SYSTEM' }), '1111');
  assert.equal(await user({ callerType: 'KEY', key: 'SYSTEM' }), 'SYSTEM');
  assert.equal(await user({}), '');
});

test('identities stay apart when their parts could read the same', async () => {
  const activity = (over: object) => JSON.stringify({ id: { ...id, ...over }, events: [{ name: 'x' }] });
  const file = [
    { applicationName: 'a/b', customerId: 'c' },
    { applicationName: 'a', customerId: 'b/c' },
    { applicationName: 'a%2Fb', customerId: 'c' },
    { applicationName: undefined, customerId: 'c' },
    { applicationName: 'c', customerId: undefined },
  ];
  const ids = (await activitiesOf(file.map(activity).join('\n'))).map((one) => one.activityId);
  assert.equal(new Set(ids).size, file.length);
});

test('values of every kind are read; several become one text', async () => {
  const read = async (parameter: object) =>
    (await activityOf(page({ name: 'x', parameters: [{ name: 'doc_title', ...parameter }] }))).item;
  assert.equal(await read({ value: 'a' }), 'a');
  assert.equal(await read({ intValue: '7' }), '7');
  assert.equal(await read({ boolValue: false }), 'false');
  assert.equal(await read({ multiValue: ['a', 'b'] }), 'a, b');
  assert.equal(await read({ multiIntValue: ['1', '2'] }), '1, 2');
  assert.equal(await read({}), '');
});

test('an activity without events, qualifier or time is set aside, and so is an event without a name', async () => {
  const broken = [
    [{ id, actor: {}, events: [] }, /no events/],
    [{ id, actor: {} }, /no events/],
    [{ id: { ...id, uniqueQualifier: '' }, events: [{ name: 'x' }] }, /id\.uniqueQualifier/],
    [{ id: { ...id, time: '2026-02-30T00:00:00Z' }, events: [{ name: 'x' }] }, /^id\.time/],
  ] as const;
  for (const [record, reason] of broken) {
    const [item] = await itemsOf(JSON.stringify(record));
    assert.ok(item?.kind === 'reject' && reason.test(item.reason), JSON.stringify(item));
  }
  const items = await itemsOf(page({ name: 'a' }, null, { name: 'c' }));
  assert.deepEqual(
    items.map((item) => item.kind),
    ['activity', 'reject', 'activity'],
  );
});
