// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @title Inclusion and consistency proofs of RFC 9162 §2.1.3.2 and §2.1.4.2, with SHA-256.
/// @dev A proof has exactly one valid length for its sizes; any other is refused, so nobody can
/// present an inner node as a leaf or leave hashes over. Sizes are below 2^63 (the caller checks
/// those that it keeps), so every loop ends after at most 63 steps whatever the proof says.
library MerkleProofs {
    /// @dev The proof is shorter or longer than these sizes need.
    error ProofLength();
    /// @dev The proof does not lead to the root that is already known: history was rewritten, or
    /// the proof starts at another size.
    error OldRootMismatch();
    /// @dev The proof leads from the known root, but to another one than claimed.
    error NewRootMismatch();

    /// @dev Sizes stay below this, as in the log itself.
    uint64 internal constant SIZE_END = 1 << 63;

    /// @notice What a log's tree holds for an entry.
    function leafHash(bytes calldata entry) internal pure returns (bytes32) {
        return sha256(abi.encodePacked(bytes1(0x00), entry));
    }

    function nodeHash(bytes32 left, bytes32 right) internal pure returns (bytes32) {
        return sha256(abi.encodePacked(bytes1(0x01), left, right));
    }

    /// @notice Reverts unless the tree (oldSize, oldRoot) is a prefix of (size, root).
    /// @dev 0 < oldSize < size is the caller's duty: an empty tree has nothing to be consistent with.
    function requireConsistent(
        uint64 oldSize,
        bytes32 oldRoot,
        uint64 size,
        bytes32 root,
        bytes32[] calldata proof
    ) internal pure {
        uint256 fn = oldSize - 1;
        uint256 sn = size - 1;
        while (fn & 1 == 1) {
            fn >>= 1;
            sn >>= 1;
        }
        // fn is 0 here exactly if oldSize is a power of two: the old root is then itself a node of
        // the new tree, and proofs leave it out.
        bytes32 fr = oldRoot;
        uint256 i = 0;
        if (fn != 0) {
            if (proof.length == 0) revert ProofLength();
            fr = proof[i++];
        }
        bytes32 sr = fr;
        for (; i < proof.length; ++i) {
            if (sn == 0) revert ProofLength();
            bytes32 hash = proof[i];
            if (fn & 1 == 1 || fn == sn) {
                fr = nodeHash(hash, fr);
                sr = nodeHash(hash, sr);
                while (fn & 1 == 0 && fn != 0) {
                    fn >>= 1;
                    sn >>= 1;
                }
            } else {
                sr = nodeHash(sr, hash);
            }
            fn >>= 1;
            sn >>= 1;
        }
        if (sn != 0) revert ProofLength();
        if (fr != oldRoot) revert OldRootMismatch();
        if (sr != root) revert NewRootMismatch();
    }

    /// @notice Whether the leaf is at this index of the tree (size, root).
    function included(
        uint64 size,
        bytes32 root,
        uint64 index,
        bytes32 leaf,
        bytes32[] calldata proof
    ) internal pure returns (bool) {
        if (index >= size || size >= SIZE_END) return false;
        uint256 fn = index;
        uint256 sn = size - 1;
        bytes32 hash = leaf;
        for (uint256 i = 0; i < proof.length; ++i) {
            if (sn == 0) return false;
            if (fn & 1 == 1 || fn == sn) {
                hash = nodeHash(proof[i], hash);
                while (fn & 1 == 0 && fn != 0) {
                    fn >>= 1;
                    sn >>= 1;
                }
            } else {
                hash = nodeHash(hash, proof[i]);
            }
            fn >>= 1;
            sn >>= 1;
        }
        return sn == 0 && hash == root;
    }
}
