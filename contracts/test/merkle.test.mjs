// The library against the naive tree: every pair of sizes up to 64, every damage.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { contracts } from '../build.mjs'
import { toHex } from './support/abi.mjs'
import { Chain, Revert } from './support/chain.mjs'
import { refused } from './support/fixture.mjs'
import * as tree from './support/tree.mjs'

const SIZES = 64
const leaves = tree.log(SIZES)
const head = (n) => tree.root(leaves.slice(0, n))
// Every bit of all sizes takes five minutes; ATOMA_EVERY_BIT=1 asks for them. Otherwise all of them up
// to 8 entries, and above four or five of each hash.
const step = (n) => (n <= 8 || process.env.ATOMA_EVERY_BIT ? 1 : 59)
const other = Buffer.alloc(32, 7)
let chain, harness

before(async () => {
  chain = await Chain.start()
  harness = await chain.deploy(contracts().MerkleHarness)
})
after(() => chain.stop())

const pairs = []
for (let n = 2; n <= SIZES; ++n) for (let m = 1; m < n; ++m) pairs.push([m, n])
const consistencyArguments = ([m, n]) =>
  [m, head(m), n, head(n), tree.consistency(m, leaves.slice(0, n))]
const leafPairs = []
for (let n = 1; n <= SIZES; ++n) for (let i = 0; i < n; ++i) leafPairs.push([i, n])
const inclusionArguments = ([i, n]) =>
  [n, head(n), i, leaves[i], tree.inclusion(i, leaves.slice(0, n))]
const withProof = (args, proof) => [...args.slice(0, -1), proof]

// All answers to `list`, in requests that anvil takes in one piece.
async function answers(name, list) {
  const out = []
  for (let i = 0; i < list.length; i += 256) {
    out.push(...(await harness.calls(name, list.slice(i, i + 256))))
  }
  return out
}

const errors = (list) => list.map((answer) => (answer instanceof Revert ? answer.name : 'accepted'))
const all = (length, value) => Array(length).fill(value)

test('every consistency proof up to 64 entries is accepted', async () => {
  const list = pairs.map(consistencyArguments)
  assert.deepEqual(errors(await answers('requireConsistent', list)), all(2016, 'accepted'))
})

test('a consistency proof has one length', async () => {
  const list = pairs.map(consistencyArguments)
  const longer = list.map((args) => withProof(args, [...args.at(-1), other]))
  const shorter = list.map((args) => withProof(args, args.at(-1).slice(0, -1)))
  for (const damaged of [longer, shorter]) {
    assert.deepEqual(errors(await answers('requireConsistent', damaged)), all(2016, 'ProofLength'))
  }
})

test('a consistency proof does not work backwards, nor between other sizes', async () => {
  const list = pairs.map(consistencyArguments)
  const backwards = list.map(([m, old, n, now, proof]) => [n, now, m, old, proof])
  const wrong = list.map(([m, old, n, now, proof]) => [m, other, n, now, proof])
  const forked = list.map(([m, old, n, , proof]) => [m, old, n, other, proof])
  assert.ok(!errors(await answers('requireConsistent', backwards)).includes('accepted'))
  // The old root of a power of two is a node of the new tree: only the new root can disagree.
  const expected = pairs.map(([m]) => (m & (m - 1) ? 'OldRootMismatch' : 'NewRootMismatch'))
  assert.deepEqual(errors(await answers('requireConsistent', wrong)), expected)
  assert.deepEqual(errors(await answers('requireConsistent', forked)), all(2016, 'NewRootMismatch'))
})

test('the bits of every consistency proof count', async () => {
  for (const pair of pairs) {
    const args = [...consistencyArguments(pair), step(pair[1])]
    const [accepted] = await harness.call('flippedConsistency', ...args)
    assert.equal(accepted, 0n, `sizes ${pair}`)
  }
})

test('every inclusion proof up to 64 entries is accepted, of one length', async () => {
  const list = leafPairs.map(inclusionArguments)
  const of = async (damaged) => (await answers('included', damaged)).map(([yes]) => yes)
  assert.deepEqual(await of(list), all(2080, true))
  const longer = list.map((args) => withProof(args, [...args.at(-1), other]))
  const shorter = list.slice(1).map((args) => withProof(args, args.at(-1).slice(0, -1)))
  assert.deepEqual(await of(longer), all(2080, false))
  assert.deepEqual(await of(shorter), all(2079, false))
})

test('the bits of every inclusion proof count', async () => {
  for (const pair of leafPairs) {
    const args = [...inclusionArguments(pair), step(pair[1])]
    const [accepted] = await harness.call('flippedInclusion', ...args)
    assert.equal(accepted, 0n, `leaf ${pair}`)
  }
})

test('a path that ends at an inner node leads nowhere, even to that node', async () => {
  const [, inner, index, leaf, proof] = inclusionArguments([1, 4])
  assert.deepEqual(await harness.call('included', 4, inner, index, leaf, proof), [true])
  assert.deepEqual(await harness.call('included', 8, inner, index, leaf, proof), [false])
})

test('an index outside the tree and sizes of 2^63 and more hold nothing', async () => {
  const [size, root, , leaf, proof] = inclusionArguments([0, 1])
  assert.deepEqual(await harness.call('included', size, root, 0, leaf, proof), [true])
  for (const [n, index] of [[1, 1], [0, 0], [1n << 63n, 0], [(1n << 64n) - 1n, 1]]) {
    assert.deepEqual(await harness.call('included', n, root, index, leaf, proof), [false])
  }
})

test('the longest proofs end', async () => {
  const size = (1n << 63n) - 1n
  const proof = all(63, other)
  assert.deepEqual(await harness.call('included', size, other, 0, other, proof), [false])
  const long = [1, other, size, other]
  await refused(harness.call('requireConsistent', ...long, proof), 'NewRootMismatch')
  await refused(harness.call('requireConsistent', ...long, all(62, other)), 'ProofLength')
  await refused(harness.call('requireConsistent', ...long, all(5000, other)), 'ProofLength')
})

test('a leaf is hashed with its own prefix', async () => {
  for (const entry of [Buffer.alloc(0), Buffer.from('entry'), Buffer.alloc(65535, 1)]) {
    assert.deepEqual(await harness.call('leafHash', entry), [toHex(tree.leafHash(entry))])
  }
})
