// Anchorers change by their own quorum, after a delay in which it can be stopped.
import assert from 'node:assert/strict'
import { after, beforeEach, test } from 'node:test'
import { toHex } from './support/abi.mjs'
import { DAY, Fixture, refused } from './support/fixture.mjs'
import { addresses, anchorers, Domain, signAll } from './support/signing.mjs'
import * as tree from './support/tree.mjs'

const leaves = tree.log(40)
const heirs = anchorers('a', 'b', 'v', 'w')

let f
let snapshot
beforeEach(async () => {
  f ??= await Fixture.start()
  if (snapshot) await f.chain.rpc('evm_revert', snapshot)
  else await f.create(), await f.anchor(leaves.slice(0, 20), 0)
  snapshot = await f.chain.rpc('evm_snapshot')
})
after(() => f.stop())

const proposal = (number, signers, { list = addresses(heirs), threshold = 3, change = 3 } = {}) => {
  const digest = f.domain.change(f.log, number, list, threshold, change)
  return [f.log, list, threshold, change, signAll(signers, digest)]
}
const propose = (number, signers = f.members.slice(1)) =>
  f.contract.send('proposeChange', ...proposal(number, signers))
const veto = (number, signers) => [f.log, signAll(signers, f.domain.veto(f.log, number))]
const isAnchorer = async (who) => (await f.contract.call('isAnchorer', f.log, who.address))[0]

test('a change takes effect after its delay, not before', async () => {
  const { events } = await propose(1)
  assert.equal(events[0].name, 'ChangeProposed')
  const [number, readyAt] = await f.contract.call('pendingChange', f.log)
  assert.equal(number, 1n)
  await refused(f.contract.call('activateChange', f.log), 'TooEarly', readyAt)
  assert.equal(await isAnchorer(heirs.find((a) => !f.members.some((m) => m.address.equals(a.address)))), false)
  await f.anchor(leaves.slice(0, 21), 20)
  await f.chain.rpc('evm_setNextBlockTimestamp', Number(readyAt) - 1)
  await f.chain.rpc('evm_mine')
  await refused(f.contract.call('activateChange', f.log), 'TooEarly', readyAt)
  await f.chain.advance(1)
  await f.contract.send('activateChange', f.log)
  assert.deepEqual(await f.contract.call('quorum', f.log), [4n, 3n, 3n, 1n])
  assert.deepEqual(await f.contract.call('pendingChange', f.log), [1n, 0n])
  for (const heir of heirs) assert.equal(await isAnchorer(heir), true)
  const gone = f.members.filter((m) => !heirs.some((h) => h.address.equals(m.address)))
  for (const member of gone) assert.equal(await isAnchorer(member), false)
  const old = f.contract.call('anchor', ...f.anchorArguments(leaves, 21, gone))
  await refused(old, 'NotAnchorer', toHex(gone[0].address))
  await f.anchor(leaves, 21, heirs.slice(1))
})

test('four of five must sign a change', async () => {
  const attempt = (signers, rest) => f.contract.call('proposeChange', ...proposal(1, signers, rest))
  await refused(attempt(f.members.slice(0, 3)), 'TooFewSigners', 3n, 4n)
  const [a, b, c] = f.members
  await refused(attempt([a, b, c, c]), 'SignersNotAscending', toHex(c.address))
  const strangers = anchorers('s', 't', 'u', 'v')
  await refused(attempt(strangers), 'NotAnchorer', toHex(strangers[0].address))
})

test('the new set keeps the rules of a new log', async () => {
  const attempt = (rest) => f.contract.call('proposeChange', ...proposal(1, f.members, rest))
  await refused(attempt({ threshold: 2 }), 'Thresholds', 4n, 2n, 3n)
  await refused(attempt({ threshold: 3, change: 5 }), 'Thresholds', 4n, 3n, 5n)
  await refused(attempt({ list: [] }), 'AnchorerCount', 0n)
  const list = addresses(heirs)
  const twice = attempt({ list: [list[0], list[0], list[1], list[2]] })
  await refused(twice, 'AnchorersNotAscending', toHex(list[0]))
})

test('what was signed is what is proposed, here and once', async () => {
  const [log, list, threshold, change, signatures] = proposal(1, f.members)
  const attempt = (...args) => f.contract.call('proposeChange', ...args)
  const others = addresses(anchorers('a', 'b', 'v', 'x'))
  const bad = [
    attempt(log, others, threshold, change, signatures),
    attempt(log, list, 4, 4, signatures),
    attempt(log, list, threshold, 4, signatures),
    attempt(...proposal(0, f.members)),
    attempt(...proposal(2, f.members)),
  ]
  const elsewhere = new Domain(f.chain.id + 1n, f.contract.address)
  const foreign = signAll(f.members, elsewhere.change(f.log, 1, list, threshold, change))
  bad.push(attempt(log, list, threshold, change, foreign))
  for (const answer of await Promise.allSettled(bad)) assert.equal(answer.reason.name, 'NotAnchorer')
  await attempt(log, list, threshold, change, signatures)
})

test('one change at a time', async () => {
  await propose(1)
  const second = f.contract.call('proposeChange', ...proposal(2, f.members))
  await refused(second, 'ChangePending', 1n)
})

test('as many as could have blocked a change can veto it, until it is active', async () => {
  await propose(1)
  const [a, b, c] = f.members
  await refused(f.contract.call('vetoChange', ...veto(1, [a])), 'TooFewSigners', 1n, 2n)
  await refused(f.contract.call('vetoChange', ...veto(1, [b, b])), 'SignersNotAscending', toHex(b.address))
  const other = await f.contract.call('vetoChange', ...veto(2, [a, b])).catch((error) => error)
  assert.equal(other.name, 'NotAnchorer')
  await f.chain.advance(2 * DAY)
  await f.contract.call('activateChange', f.log)
  await f.contract.send('vetoChange', ...veto(1, [a, c]))
  await refused(f.contract.call('activateChange', f.log), 'NoChange')
  await refused(f.contract.call('vetoChange', ...veto(1, [a, c])), 'NoChange')
})

test('a vetoed proposal can not be made again, nor its veto', async () => {
  const old = proposal(1, f.members)
  await propose(1)
  await f.contract.send('vetoChange', ...veto(1, f.members.slice(0, 2)))
  const again = await f.contract.call('proposeChange', ...old).catch((error) => error)
  assert.equal(again.name, 'NotAnchorer')
  await propose(2)
  const replayed = await f.contract.call('vetoChange', ...veto(1, f.members)).catch((error) => error)
  assert.equal(replayed.name, 'NotAnchorer')
  await f.chain.advance(DAY)
  await f.contract.send('activateChange', f.log)
  assert.deepEqual(await f.contract.call('quorum', f.log), [4n, 3n, 3n, 2n])
  await refused(f.contract.call('activateChange', f.log), 'NoChange')
})

test('a set that was vetoed is not in office later', async () => {
  await propose(1)
  await f.contract.send('vetoChange', ...veto(1, f.members))
  const list = addresses(anchorers('k', 'l', 'm'))
  const digest = f.domain.change(f.log, 2, list, 2, 3)
  await f.contract.send('proposeChange', f.log, list, 2, 3, signAll(f.members, digest))
  await f.chain.advance(DAY)
  await f.contract.send('activateChange', f.log)
  for (const heir of heirs) assert.equal(await isAnchorer(heir), false)
})
