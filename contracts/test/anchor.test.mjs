// Growth is kept; everything else is refused, each with its own error.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { toHex } from './support/abi.mjs'
import { Revert } from './support/chain.mjs'
import { Fixture, refused } from './support/fixture.mjs'
import { Anchorer, Domain, logId, signAll, twin } from './support/signing.mjs'
import * as tree from './support/tree.mjs'

let f
const leaves = tree.log(40)
const first = leaves.slice(0, 7)
before(async () => {
  f = await Fixture.start()
  await f.create()
})
after(() => f.stop())

// anchor() of the grown log with one argument replaced.
const attempt = (changed) => {
  const [log, size, root, proof, signatures] = f.anchorArguments(leaves, first.length)
  const { size: s = size, root: r = root, proof: p = proof, signatures: g = signatures } = changed
  return f.contract.call('anchor', changed.log ?? log, s, r, p, g)
}

test('the first head is kept on the word of a quorum, with an empty proof', async () => {
  const args = f.anchorArguments(first, 0)
  await refused(f.contract.call('anchor', ...args.with(3, [first[0]])), 'ProofLength')
  const { events } = await f.contract.send('anchor', ...args)
  assert.equal(events[0].name, 'Anchored')
  const [size, root, time, frozen] = await f.contract.call('head', f.log)
  assert.deepEqual([size, root, frozen], [7n, toHex(tree.root(first)), false])
  const block = await f.chain.rpc('eth_getBlockByNumber', 'latest', false)
  assert.equal(time, BigInt(block.timestamp))
})

test('growth is accepted', () => attempt({}))

test('an empty log and the same or a smaller size are no growth', async () => {
  for (const size of [0, 3, 7]) await refused(attempt({ size }), 'NotGrown', BigInt(size), 7n)
})

test('sizes end below 2^63', async () => {
  for (const size of [1n << 63n, (1n << 64n) - 1n]) {
    await refused(attempt({ size }), 'SizeTooLarge', size)
  }
})

test('a fork is refused, whoever signed it', async () => {
  const forked = tree.log(40, 'forked', 5)
  const root = tree.root(forked)
  const signatures = f.signHead(40, root, f.members)
  await refused(attempt({ root, signatures }), 'NewRootMismatch')
  const proof = tree.consistency(7, forked)
  await refused(attempt({ root, signatures, proof }), 'OldRootMismatch')
})

test('a damaged proof is refused', async () => {
  const proof = tree.consistency(7, leaves)
  await refused(attempt({ proof: proof.slice(0, -1) }), 'ProofLength')
  await refused(attempt({ proof: [] }), 'ProofLength')
  await refused(attempt({ proof: [...proof, proof[0]] }), 'ProofLength')
  await refused(attempt({ proof: tree.consistency(6, leaves) }), 'ProofLength')
  await refused(attempt({ proof: proof.with(-1, first[0]) }), 'NewRootMismatch')
  await refused(attempt({ proof: proof.with(0, leaves[0]) }), 'OldRootMismatch')
})

test('three of five must sign, each once, in order', async () => {
  const [a, b, c, d, e] = f.members
  const by = (...signers) => attempt({ signatures: f.signHead(40, tree.root(leaves), signers) })
  await by(c, d, e)
  await by(a, b, c, d, e)
  await refused(by(), 'TooFewSigners', 0n, 3n)
  await refused(by(a, b), 'TooFewSigners', 2n, 3n)
  await refused(by(a, a, b), 'SignersNotAscending', toHex(a.address))
  await refused(by(a, b, b), 'SignersNotAscending', toHex(b.address))
  await refused(by(a, c, b), 'SignersNotAscending', toHex(b.address))
  const stranger = new Anchorer('stranger')
  await refused(by(stranger, a, b), 'NotAnchorer', toHex(stranger.address))
  await refused(by(a, b, stranger), 'NotAnchorer', toHex(stranger.address))
})

test('signatures have one form', async () => {
  const good = f.signHead(40, tree.root(leaves))
  const changed = (from, bytes) => {
    const signatures = Buffer.from(good)
    Buffer.from(bytes).copy(signatures, from)
    return attempt({ signatures })
  }
  await refused(changed(65, twin(good.subarray(65, 130))), 'SignatureHighS', 1n)
  for (const v of [0, 1, 26, 29, 255]) await refused(changed(64, [v]), 'SignatureRecovery', 0n)
  await refused(changed(0, Buffer.alloc(32)), 'SignatureInvalid', 0n)
  await refused(changed(130, Buffer.alloc(32, 255)), 'SignatureInvalid', 2n)
  await refused(changed(32, Buffer.alloc(32)), 'SignatureInvalid', 0n)
  const longer = Buffer.concat([good, Buffer.from([0])])
  await refused(attempt({ signatures: longer }), 'SignaturesLength', 196n)
  await refused(attempt({ signatures: good.subarray(0, 194) }), 'SignaturesLength', 194n)
})

test('each bit of what is signed and of the signatures counts', async () => {
  const args = f.anchorArguments(leaves, 7)
  const flip = (bytes, bit) => {
    const out = Buffer.from(bytes)
    out[bit >> 3] ^= 1 << (bit & 7)
    return out
  }
  const bits = (length) => Array.from({ length }, (_, i) => i)
  const list = [
    ...bits(256).map((bit) => args.with(2, flip(args[2], bit))),
    ...bits(63).map((bit) => args.with(1, BigInt(args[1]) ^ (1n << BigInt(bit)))),
    ...bits(8 * args[4].length).map((bit) => args.with(4, flip(args[4], bit))),
  ]
  for (let i = 0; i < list.length; i += 256) {
    const answers = await f.contract.calls('anchor', list.slice(i, i + 256))
    assert.ok(answers.every((answer) => answer instanceof Revert))
  }
})

test('what was signed for another chain, contract or log does not count here', async () => {
  const root = tree.root(leaves)
  const under = (domain, log = f.log) =>
    attempt({ signatures: signAll(f.members.slice(0, 3), domain.head(log, 40, root)) })
  const answers = [
    under(new Domain(f.chain.id + 1n, f.contract.address)),
    under(new Domain(f.chain.id, f.chain.sender)),
    under(f.domain, logId({ ...f.rules, origin: 'example.org/other' })),
    attempt({ signatures: signAll(f.members.slice(0, 3), f.domain.veto(f.log, 0)) }),
  ]
  for (const answer of await Promise.allSettled(answers)) assert.equal(answer.reason.name, 'NotAnchorer')
})

test('what is anchored once is not anchored again, nor rolled back', async () => {
  const args = f.anchorArguments(leaves.slice(0, 20), 7)
  await f.contract.send('anchor', ...args)
  await refused(f.contract.call('anchor', ...args), 'NotGrown', 20n, 20n)
  const older = f.anchorArguments(leaves.slice(0, 12), 7)
  await refused(f.contract.call('anchor', ...older), 'NotGrown', 12n, 20n)
  // The proof began at a head that is not the last one any more.
  await refused(attempt({ proof: tree.consistency(7, leaves) }), 'ProofLength')
})

test('other contracts may ask what an anchored tree holds', async () => {
  const included = async (leaf, index, size, proof, log = f.log) =>
    (await f.contract.call('included', log, leaf, index, size, proof))[0]
  for (const size of [7, 20]) {
    const now = leaves.slice(0, size)
    for (let i = 0; i < size; ++i) {
      const proof = tree.inclusion(i, now)
      assert.ok(await included(leaves[i], i, size, proof))
      assert.ok(!(await included(leaves[i], i, size, proof.slice(1))))
      assert.ok(!(await included(leaves[i], i ^ 1, size, proof)))
      assert.ok(!(await included(leaves[i + 1], i, size, proof)))
    }
  }
  const proof = tree.inclusion(0, leaves.slice(0, 19))
  assert.ok(!(await included(leaves[0], 0, 19, proof)))
  const other = logId({ ...f.rules, origin: 'other' })
  assert.ok(!(await included(leaves[0], 0, 7, tree.inclusion(0, first), other)))
  assert.ok(!(await included(tree.root([]), 0, 0, [])))
})

test('the ring keeps the last 64 heads', async () => {
  const { contract } = f
  const grown = tree.log(140)
  const anchored = [7, 20]
  for (let size = 21; size <= 140; size += 1 + (size % 3 === 0)) {
    await f.anchor(grown.slice(0, size), anchored.at(-1))
    anchored.push(size)
  }
  assert.ok(anchored.length > 64 + 10)
  const kept = new Set(anchored.slice(-64))
  for (let size = 0; size <= 141; ++size) {
    if (kept.has(size)) {
      const expected = toHex(tree.root(grown.slice(0, size)))
      assert.deepEqual(await contract.call('anchoredRoot', f.log, size), [expected])
    } else {
      await refused(contract.call('anchoredRoot', f.log, size), 'NotAnchored', BigInt(size))
    }
  }
})
