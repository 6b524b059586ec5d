// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {MerkleProofs} from "../src/MerkleProofs.sol";

/// @dev Lets tests call the library with any sizes, and flip each bit of a proof in one call.
contract MerkleHarness {
    function requireConsistent(
        uint64 oldSize,
        bytes32 oldRoot,
        uint64 size,
        bytes32 root,
        bytes32[] calldata proof
    ) external pure {
        MerkleProofs.requireConsistent(oldSize, oldRoot, size, root, proof);
    }

    function included(
        uint64 size,
        bytes32 root,
        uint64 index,
        bytes32 leaf,
        bytes32[] calldata proof
    ) external pure returns (bool) {
        return MerkleProofs.included(size, root, index, leaf, proof);
    }

    function leafHash(bytes calldata entry) external pure returns (bytes32) {
        return MerkleProofs.leafHash(entry);
    }

    /// @notice Flips every `step`th bit of a proof and of both roots, one at a time.
    /// @return accepted how many of the damaged inputs still pass
    function flippedConsistency(
        uint64 oldSize,
        bytes32 oldRoot,
        uint64 size,
        bytes32 root,
        bytes32[] memory proof,
        uint256 step
    ) external view returns (uint256 accepted) {
        for (uint256 bit = 0; bit < 256 * (proof.length + 2); bit += step) {
            bytes32 mask = bytes32(1 << (bit % 256));
            uint256 i = bit / 256;
            if (i < proof.length) proof[i] ^= mask;
            bytes32 oldRootNow = i == proof.length ? oldRoot ^ mask : oldRoot;
            bytes32 rootNow = i > proof.length ? root ^ mask : root;
            try this.requireConsistent(oldSize, oldRootNow, size, rootNow, proof) {
                ++accepted;
            } catch {}
            if (i < proof.length) proof[i] ^= mask;
        }
    }

    /// @notice Flips every `step`th bit of a proof, of its leaf and of the root, one at a time.
    /// @return accepted how many of the damaged inputs still pass
    function flippedInclusion(
        uint64 size,
        bytes32 root,
        uint64 index,
        bytes32 leaf,
        bytes32[] memory proof,
        uint256 step
    ) external view returns (uint256 accepted) {
        for (uint256 bit = 0; bit < 256 * (proof.length + 2); bit += step) {
            bytes32 mask = bytes32(1 << (bit % 256));
            uint256 i = bit / 256;
            if (i < proof.length) proof[i] ^= mask;
            bytes32 leafNow = i == proof.length ? leaf ^ mask : leaf;
            bytes32 rootNow = i > proof.length ? root ^ mask : root;
            if (this.included(size, rootNow, index, leafNow, proof)) ++accepted;
            if (i < proof.length) proof[i] ^= mask;
        }
    }
}
