// The part of the contract ABI that these tests need: static words, bytes, string, arrays, tuples.
import { keccak_256 } from '@noble/hashes/sha3.js'

export const toHex = (bytes) => '0x' + Buffer.from(bytes).toString('hex')
export const fromHex = (hex) => Buffer.from(hex.replace(/^0x/, ''), 'hex')
export const keccak = (bytes) => keccak_256(bytes)
export const word = (number) => fromHex(BigInt(number).toString(16).padStart(64, '0'))

const isArray = ({ type }) => type.endsWith('[]')
const element = (input) => ({ ...input, type: input.type.slice(0, -2) })
const isDynamic = (input) =>
  isArray(input) || input.type === 'bytes' || input.type === 'string' ||
  (input.type === 'tuple' && input.components.some(isDynamic))

function encodeOne(input, value) {
  if (isArray(input)) {
    return Buffer.concat([word(value.length), encode(value.map(() => element(input)), value)])
  }
  if (input.type === 'tuple') return encode(input.components, value)
  if (input.type === 'string') return encodeOne({ type: 'bytes' }, Buffer.from(value, 'utf8'))
  if (input.type === 'bytes') {
    return Buffer.concat([word(value.length), value, Buffer.alloc((32 - (value.length % 32)) % 32)])
  }
  if (input.type === 'address') return word(BigInt(toHex(value)))
  if (input.type === 'bytes32') return Buffer.from(value)
  return word(value)
}

// Heads in place, tails after them: what is dynamic is found by its offset.
export function encode(inputs, values) {
  if (inputs.length !== values.length) throw new Error('encode: another number of values')
  const parts = inputs.map((input, i) => encodeOne(input, values[i]))
  const dynamic = inputs.map(isDynamic)
  let offset = parts.reduce((sum, part, i) => sum + (dynamic[i] ? 32 : part.length), 0)
  const heads = [], tails = []
  parts.forEach((part, i) => {
    heads.push(dynamic[i] ? word(offset) : part)
    if (dynamic[i]) tails.push(part), (offset += part.length)
  })
  return Buffer.concat([...heads, ...tails])
}

const typeName = (input) =>
  input.type.startsWith('tuple')
    ? `(${input.components.map(typeName)})${input.type.slice('tuple'.length)}`
    : input.type
export const signature = ({ name, inputs }) => `${name}(${inputs.map(typeName)})`
export const selector = (item) => keccak(Buffer.from(signature(item))).slice(0, 4)

// Static words alone: numbers as BigInt, addresses and hashes as lower-case hex.
export function decodeWords(inputs, bytes) {
  return inputs.map(({ type }, i) => {
    const value = bytes.subarray(32 * i, 32 * i + 32)
    if (type === 'bytes32') return toHex(value)
    if (type === 'address') return toHex(value.subarray(12))
    return type === 'bool' ? value[31] === 1 : BigInt(toHex(value))
  })
}
