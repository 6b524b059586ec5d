// RFC 9162 §2.1 as it is written: recursive definitions over lists of entries, no cleverness. What
// the contract is compared with.
import { createHash } from 'node:crypto'

const sha256 = (...parts) =>
  parts.reduce((hash, part) => hash.update(part), createHash('sha256')).digest()
export const leafHash = (entry) => sha256(Buffer.from([0]), entry)
const nodeHash = (left, right) => sha256(Buffer.from([1]), left, right)

// The largest power of two below n.
const split = (n) => 2 ** (Math.ceil(Math.log2(n)) - 1)

// MTH(D[n]), §2.1.1
export function root(leaves) {
  if (leaves.length === 0) return sha256()
  if (leaves.length === 1) return leaves[0]
  const k = split(leaves.length)
  return nodeHash(root(leaves.slice(0, k)), root(leaves.slice(k)))
}

// PATH(m, D[n]), §2.1.3.1
export function inclusion(m, leaves) {
  if (leaves.length === 1) return []
  const k = split(leaves.length)
  return m < k
    ? [...inclusion(m, leaves.slice(0, k)), root(leaves.slice(k))]
    : [...inclusion(m - k, leaves.slice(k)), root(leaves.slice(0, k))]
}

// PROOF(m, D[n]), §2.1.4.1
export const consistency = (m, leaves) => subproof(m, leaves, true)

function subproof(m, leaves, known) {
  if (m === leaves.length) return known ? [] : [root(leaves)]
  const k = split(leaves.length)
  return m <= k
    ? [...subproof(m, leaves.slice(0, k), known), root(leaves.slice(k))]
    : [...subproof(m - k, leaves.slice(k), false), root(leaves.slice(0, k))]
}

// A log of n entries; `label` makes other entries from `from` on.
export const log = (n, label = 'honest', from = 0) =>
  Array.from({ length: n }, (_, i) =>
    leafHash(Buffer.from(`${i < from ? 'honest' : label} ${i}`)))
