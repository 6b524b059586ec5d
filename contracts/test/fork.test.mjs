// Two heads that can't both be true freeze a log, and nothing else does.
import assert from 'node:assert/strict'
import { after, beforeEach, test } from 'node:test'
import { toHex } from './support/abi.mjs'
import { DAY, Fixture, refused } from './support/fixture.mjs'
import { addresses, anchorers, signAll } from './support/signing.mjs'
import * as tree from './support/tree.mjs'

const honest = tree.log(40)
const forked = tree.log(50, 'forked', 5)
const none = Buffer.alloc(0)
const rootOf = (leaves, n) => tree.root(leaves.slice(0, n))

let f
let snapshot
beforeEach(async () => {
  f ??= await Fixture.start()
  if (snapshot) await f.chain.rpc('evm_revert', snapshot)
  else await f.create(), await f.anchor(honest.slice(0, 20), 0)
  snapshot = await f.chain.rpc('evm_snapshot')
})
after(() => f.stop())

const sides = (n, signersA, signersB) => {
  const [a, b] = [rootOf(honest, n), rootOf(forked, n)]
  const sign = (root, signers) => (signers.length ? f.signHead(n, root, signers) : none)
  return [f.log, n, a, sign(a, signersA), b, sign(b, signersB)]
}

// One side of a rewritten entry: the tree of `n` entries holds `leaves[index]`.
const claim = (leaves, n, index, signers) => {
  const now = leaves.slice(0, n)
  const root = tree.root(now)
  const signatures = signers.length ? f.signHead(n, root, signers) : none
  return [n, root, signatures, leaves[index], tree.inclusion(index, now)]
}

async function isFrozen() {
  const log = toHex(f.log)
  assert.equal((await f.contract.call('head', f.log))[3], true)
  await refused(f.contract.call('anchor', ...f.anchorArguments(honest, 20)), 'LogFrozen', log)
  const proof = tree.inclusion(0, honest.slice(0, 20))
  assert.deepEqual(await f.contract.call('included', f.log, honest[0], 0, 20, proof), [false])
  await refused(f.contract.call('activateChange', f.log), 'LogFrozen', log)
  await refused(f.contract.call('vetoChange', f.log, none), 'LogFrozen', log)
  const next = [f.log, addresses(f.members), 3, 4, none]
  await refused(f.contract.call('proposeChange', ...next), 'LogFrozen', log)
  const again = f.contract.call('reportFork', ...sides(20, f.members, f.members))
  await refused(again, 'LogFrozen', log)
  const [a, b] = [claim(honest, 20, 6, []), claim(forked, 30, 6, f.members)]
  await refused(f.contract.call('reportRewrite', f.log, 6, a, b), 'LogFrozen', log)
}

test('two quorums for one size freeze the log', async () => {
  const [a, b, c, d, e] = f.members
  const { events } = await f.contract.send('reportFork', ...sides(33, [a, b, c], [c, d, e]))
  assert.deepEqual([events[0].name, events[0].topics], ['Forked', [toHex(f.log)]])
  await isFrozen()
})

test('one quorum against an anchored head freezes the log', async () => {
  const [, , c, d, e] = f.members
  await f.contract.send('reportFork', ...sides(20, [], [c, d, e]))
  await isFrozen()
})

test('less than that does not', async () => {
  const [a, b, c, d] = f.members
  const report = (...args) => f.contract.call('reportFork', ...sides(...args))
  await refused(report(33, [a, b, c], [c, d]), 'TooFewSigners', 2n, 3n)
  await refused(report(33, [a, b], [b, c, d]), 'TooFewSigners', 2n, 3n)
  await refused(report(33, [], [b, c, d]), 'NotAnchored', 33n)
  await refused(report(20, [a, b, c], []), 'NotAnchored', 20n)
  await refused(report(33, [a, b, c], anchorers('x', 'y', 'z')), 'NotAnchorer',
    toHex(anchorers('x', 'y', 'z')[0].address))
  const [log, size, root, signatures] = sides(33, [a, b, c], [])
  const same = f.contract.call('reportFork', log, size, root, signatures, root, signatures)
  await refused(same, 'SameRoot')
})

test('a rewritten entry freezes the log, whichever head is the larger', async () => {
  const [a, b, c] = f.members
  const anchored = claim(honest, 20, 6, [])
  for (const n of [12, 20, 30, 50]) {
    const signed = claim(forked, n, 6, [a, b, c])
    await f.contract.call('reportRewrite', f.log, 6, anchored, signed)
    await f.contract.call('reportRewrite', f.log, 6, signed, anchored)
  }
  const early = claim(honest, 9, 6, [a, b, c])
  await f.contract.call('reportRewrite', f.log, 6, early, claim(forked, 50, 6, [a, b, c]))
  await f.contract.send('reportRewrite', f.log, 6, anchored, claim(forked, 30, 6, [a, b, c]))
  await isFrozen()
})

test('honest heads can not be made to look rewritten', async () => {
  const [a, b, c] = f.members
  const anchored = claim(honest, 20, 6, [])
  const report = (index, x, y) => f.contract.call('reportRewrite', f.log, index, x, y)
  const later = claim(honest, 30, 6, [a, b, c])
  await refused(report(6, anchored, later), 'SameLeaf')
  const [, , , , proof] = later
  await refused(report(6, anchored, later.with(3, forked[6])), 'NotIncluded', 30n)
  await refused(report(6, anchored.with(3, forked[6]), later), 'NotIncluded', 20n)
  await refused(report(6, anchored, claim(honest, 30, 7, [a, b, c])), 'NotIncluded', 30n)
  // An inner node is no leaf: a path that leaves out a step has another length.
  const inner = tree.root(honest.slice(6, 8))
  const short = later.with(3, inner).with(4, proof.slice(1))
  await refused(report(6, anchored, short), 'NotIncluded', 30n)
  await refused(report(3, anchored, short), 'NotIncluded', 20n)
  await refused(report(25, anchored, claim(forked, 30, 25, [a, b, c])), 'NotIncluded', 20n)
  await refused(report(6, anchored, claim(forked, 30, 6, [a, b])), 'TooFewSigners', 2n, 3n)
  await refused(report(6, anchored, claim(forked, 30, 6, [])), 'NotAnchored', 30n)
})

test('other logs live on', async () => {
  const rules = { origin: 'example.org/other' }
  const { events } = await f.create(rules)
  const other = Buffer.from(events[0].topics[0].slice(2), 'hex')
  await f.contract.send('reportFork', ...sides(33, f.members, f.members))
  assert.equal((await f.contract.call('head', other))[3], false)
  const root = tree.root(honest)
  const signatures = signAll(f.members, f.domain.head(other, 40, root))
  await f.contract.send('anchor', other, 40, root, [], signatures)
})

test('time does not thaw it', async () => {
  await f.contract.send('reportFork', ...sides(33, f.members, f.members))
  await f.chain.advance(365 * DAY)
  await isFrozen()
})
