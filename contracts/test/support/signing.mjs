// Anchorers and what they sign: EIP-712, put together here from the standard and not from the
// contract.
import { secp256k1 } from '@noble/curves/secp256k1.js'
import { createHash } from 'node:crypto'
import { fromHex, keccak, word } from './abi.mjs'

export const ORDER = secp256k1.Point.Fn.ORDER
const hash = (text) => Buffer.from(keccak(Buffer.from(text)))
const concatHash = (...parts) => Buffer.from(keccak(Buffer.concat(parts.map((p) => Buffer.from(p)))))

export class Anchorer {
  constructor(name) {
    this.key = createHash('sha256').update(`anchorer ${name}`).digest()
    const point = secp256k1.getPublicKey(this.key, false).slice(1)
    this.address = Buffer.from(keccak(point)).subarray(12)
  }

  // r, s, v
  sign(digest) {
    const made = secp256k1.sign(digest, this.key, { prehash: false, format: 'recovered' })
    return Buffer.concat([made.slice(1), Buffer.from([27 + made[0]])])
  }
}

export const anchorers = (...names) =>
  names.map((name) => new Anchorer(name)).sort((a, b) => Buffer.compare(a.address, b.address))
export const addresses = (list) => list.map((a) => a.address)
export const signAll = (list, digest) => Buffer.concat(list.map((a) => a.sign(digest)))

// The other signature that ECDSA would take for the same: the order minus s, and the other v.
export function twin(signature) {
  const s = ORDER - BigInt('0x' + signature.subarray(32, 64).toString('hex'))
  return Buffer.concat([signature.subarray(0, 32), word(s), Buffer.from([55 - signature[64]])])
}

const addressArray = (list) => concatHash(...list.map((a) => word(BigInt('0x' + a.toString('hex')))))

// What a log is called: the hash of everything that it was created with.
export const logId = ({ origin, anchorers, threshold, changeThreshold, delay }) =>
  concatHash(
    hash('Log(string origin,address[] anchorers,uint8 threshold,uint8 changeThreshold,uint32 delay)'),
    hash(origin), addressArray(addresses(anchorers)),
    word(threshold), word(changeThreshold), word(delay))

export class Domain {
  constructor(chainId, contract) {
    this.separator = concatHash(
      hash('EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)'),
      hash('LogAnchor'), hash('1'), word(chainId), word(BigInt(contract)))
  }

  digest(...parts) {
    return concatHash(fromHex('1901'), this.separator, concatHash(...parts))
  }

  head(log, size, root) {
    return this.digest(hash('Head(bytes32 log,uint64 size,bytes32 root)'), log, word(size), root)
  }

  change(log, number, list, threshold, changeThreshold) {
    return this.digest(
      hash('Change(bytes32 log,uint32 number,address[] anchorers,uint8 threshold,uint8 changeThreshold)'),
      log, word(number), addressArray(list), word(threshold), word(changeThreshold))
  }

  veto(log, number) {
    return this.digest(hash('Veto(bytes32 log,uint32 number)'), log, word(number))
  }
}
