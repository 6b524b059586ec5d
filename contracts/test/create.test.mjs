// Who may open a log, and that its id says everything about it.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { toHex } from './support/abi.mjs'
import { DAY, Fixture, refused } from './support/fixture.mjs'
import { addresses, anchorers, logId } from './support/signing.mjs'

let f
before(async () => (f = await Fixture.start()))
after(() => f.stop())

test('a log is unknown before it is created', async () => {
  const log = toHex(f.log)
  await refused(f.contract.call('head', f.log), 'UnknownLog', log)
  await refused(f.contract.call('quorum', f.log), 'UnknownLog', log)
  await refused(f.contract.call('isAnchorer', f.log, f.members[0].address), 'UnknownLog', log)
  await refused(f.contract.call('anchoredRoot', f.log, 1), 'UnknownLog', log)
  await refused(f.contract.call('anchor', f.log, 1, f.log, [], Buffer.alloc(0)), 'UnknownLog', log)
  await refused(f.contract.call('activateChange', f.log), 'UnknownLog', log)
  assert.deepEqual(await f.contract.call('included', f.log, f.log, 0, 1, []), [false])
})

test('its id commits to name, anchorers, thresholds and delay', async () => {
  const ids = new Set()
  const changes = [{}, { origin: 'example.org/lof' }, { anchorers: f.members.slice(1) },
    { threshold: 4 }, { changeThreshold: 5 }, { delay: DAY + 1 }]
  for (const changed of changes) {
    const [id] = await f.contract.call('create', ...f.createArguments(changed))
    assert.equal(id, toHex(logId({ ...f.rules, ...changed })))
    ids.add(id)
  }
  assert.equal(ids.size, changes.length)
})

test('a stranger with the same name gets another log, and nobody is in the way', async () => {
  const strangers = anchorers('x', 'y', 'z')
  const squat = { anchorers: strangers, threshold: 2, changeThreshold: 3 }
  await f.create(squat)
  const { events } = await f.create()
  assert.deepEqual(events.map(({ name, topics }) => [name, ...topics]), [['Created', toHex(f.log)]])
  await refused(f.contract.call('create', ...f.createArguments()), 'LogExists', toHex(f.log))
  assert.deepEqual(await f.contract.call('quorum', f.log), [5n, 3n, 4n, 0n])
  assert.deepEqual(await f.contract.call('isAnchorer', f.log, f.members[4].address), [true])
  assert.deepEqual(await f.contract.call('isAnchorer', f.log, strangers[0].address), [false])
  const zero = toHex(Buffer.alloc(32))
  assert.deepEqual(await f.contract.call('head', f.log), [0n, zero, 0n, false])
})

test('names and delays have bounds', async () => {
  const create = (changed) => f.contract.call('create', ...f.createArguments(changed))
  await refused(create({ origin: '' }), 'OriginLength', 0n)
  await refused(create({ origin: 'x'.repeat(256) }), 'OriginLength', 256n)
  await create({ origin: 'x'.repeat(255) })
  for (const delay of [0, 3599, 90 * DAY + 1]) await refused(create({ delay }), 'Delay', BigInt(delay))
  for (const delay of [3600, 90 * DAY]) await create({ delay })
})

test('anchorers are distinct and not zero', async () => {
  const create = (list) => f.contract.call('create', ...f.createArguments({ addresses: list }))
  const list = addresses(f.members)
  const refuse = (changed, who) => refused(create(changed), 'AnchorersNotAscending', toHex(who))
  await refuse([list[0], list[0], ...list.slice(2)], list[0])
  await refuse([list[1], list[0], ...list.slice(2)], list[0])
  await refuse([Buffer.alloc(20), ...list.slice(1)], Buffer.alloc(20))
  await refused(create([]), 'AnchorerCount', 0n)
  const many = Array.from({ length: 33 }, (_, i) => Buffer.alloc(20, i + 1))
  await refused(create(many), 'AnchorerCount', 33n)
  const most = { addresses: many.slice(0, 32), threshold: 17, changeThreshold: 32 }
  await f.contract.call('create', ...f.createArguments(most))
})

test('thresholds are majorities that can be met', async () => {
  const cases = [[2, 4], [0, 0], [4, 3], [3, 6], [6, 6]]
  for (const [threshold, changeThreshold] of cases) {
    const create = f.contract.call('create', ...f.createArguments({ threshold, changeThreshold }))
    await refused(create, 'Thresholds', 5n, BigInt(threshold), BigInt(changeThreshold))
  }
  const even = { anchorers: f.members.slice(0, 4), threshold: 2, changeThreshold: 4 }
  await refused(f.contract.call('create', ...f.createArguments(even)), 'Thresholds', 4n, 2n, 4n)
  const one = { anchorers: f.members.slice(0, 1), threshold: 1, changeThreshold: 1 }
  await f.contract.call('create', ...f.createArguments(one))
})

test('it takes no ether', async () => {
  const send = { from: f.chain.sender, to: f.contract.address, value: '0x1' }
  await assert.rejects(f.chain.rpc('eth_call', send, 'latest'), /revert/)
})
