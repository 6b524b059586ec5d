// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {MerkleProofs} from "./MerkleProofs.sol";

/// @title Keeps the heads of transparency logs where their operators can't rewrite them.
/// @notice A log's anchorers sign its heads (size, root of the RFC 6962 tree); this contract keeps
/// a head only if it is proven to extend the one before it. Two signed heads that can't both be
/// true freeze the log for good. There is no owner, no upgrade, no ether and no call to other
/// contracts; every rule that a log lives under is in its id.
/// @dev Whoever sends a transaction has no rights: what counts is what was signed. So transactions
/// may be sent by anyone, and copying one out of the mempool only does the sender's work for him.
contract LogAnchor {
    /// @dev What is signed names its kind, its chain, this contract and its log (EIP-712), and so
    /// counts nowhere else.
    bytes32 private constant DOMAIN_TYPE = keccak256(
        "EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"
    );
    bytes32 private constant NAME = keccak256("LogAnchor");
    bytes32 private constant VERSION = keccak256("1");
    bytes32 private constant LOG_TYPE = keccak256(
        "Log(string origin,address[] anchorers,uint8 threshold,uint8 changeThreshold,uint32 delay)"
    );
    bytes32 private constant HEAD_TYPE = keccak256("Head(bytes32 log,uint64 size,bytes32 root)");
    bytes32 private constant CHANGE_TYPE = keccak256(
        "Change(bytes32 log,uint32 number,address[] anchorers,uint8 threshold,uint8 changeThreshold)"
    );
    bytes32 private constant VETO_TYPE = keccak256("Veto(bytes32 log,uint32 number)");

    /// @dev Each signature has a twin with the order of secp256k1 minus s; only the lower counts.
    uint256 private constant S_MAX =
        0x7fffffffffffffffffffffffffffffff5d576e7357a4501ddfe92f46681b20a0;
    uint256 private constant SIGNATURE_LENGTH = 65;

    /// @notice So many of the latest heads can be asked for; proofs against older trees are
    /// refreshed from the log. A ring keeps the cost of an anchoring flat.
    uint256 public constant RING = 64;
    /// @notice Bounds the cost of a transaction that a log's own anchorers need.
    uint256 public constant ANCHORERS_MAX = 32;
    uint256 public constant ORIGIN_MAX = 255;
    /// @notice A change of anchorers that nobody can see coming would be a change without warning;
    /// one that takes years would lock out those whose keys are lost.
    uint32 public constant DELAY_MIN = 1 hours;
    uint32 public constant DELAY_MAX = 90 days;

    struct Head {
        bytes32 root;
        uint64 size;
        uint64 time;
    }

    /// @dev One word of storage: an anchoring reads and writes it once.
    struct Log {
        uint64 size;
        uint64 time;
        uint32 anchorings;
        uint32 epoch; // the number of the change that installed the anchorers; 0 for the first ones
        uint32 delay;
        uint8 anchorers;
        uint8 threshold; // 0: no such log
        uint8 changeThreshold;
        bool frozen;
    }

    struct Change {
        uint32 number; // of changes proposed so far; the pending one has this number
        uint64 readyAt; // 0: none is pending
        uint8 anchorers;
        uint8 threshold;
        uint8 changeThreshold;
    }

    /// @notice A head that a quorum signed, or an anchored one with no signatures, and what it has
    /// at the index in question.
    struct Claim {
        uint64 size;
        bytes32 root;
        bytes signatures;
        bytes32 leafHash;
        bytes32[] proof;
    }

    mapping(bytes32 log => Log) private logs;
    mapping(bytes32 log => Head[RING]) private rings;
    mapping(bytes32 log => Change) private changes;
    mapping(bytes32 log => mapping(uint32 epoch => mapping(address => bool))) private anchorersOf;

    event Created(
        bytes32 indexed log,
        string origin,
        address[] anchorers,
        uint8 threshold,
        uint8 changeThreshold,
        uint32 delay
    );
    event Anchored(bytes32 indexed log, uint64 indexed size, bytes32 root);
    event Forked(bytes32 indexed log, uint64 sizeA, bytes32 rootA, uint64 sizeB, bytes32 rootB);
    event ChangeProposed(
        bytes32 indexed log,
        uint32 indexed number,
        address[] anchorers,
        uint8 threshold,
        uint8 changeThreshold,
        uint64 readyAt
    );
    event ChangeVetoed(bytes32 indexed log, uint32 indexed number);
    event ChangeActivated(bytes32 indexed log, uint32 indexed number);

    error OriginLength(uint256 length);
    error AnchorerCount(uint256 count);
    /// @dev Strictly ascending from above zero: so none is twice there, and none is what ecrecover
    /// answers for nonsense.
    error AnchorersNotAscending(address anchorer);
    error Thresholds(uint256 anchorers, uint8 threshold, uint8 changeThreshold);
    error Delay(uint32 delay);
    error LogExists(bytes32 log);
    error UnknownLog(bytes32 log);
    error LogFrozen(bytes32 log);
    error NotGrown(uint64 size, uint64 anchoredSize);
    error SizeTooLarge(uint64 size);
    error NotAnchored(uint64 size);
    error SignaturesLength(uint256 length);
    error TooFewSigners(uint256 signers, uint256 needed);
    error SignatureHighS(uint256 position);
    error SignatureRecovery(uint256 position);
    error SignatureInvalid(uint256 position);
    error NotAnchorer(address signer);
    error SignersNotAscending(address signer);
    error SameRoot();
    error SameLeaf();
    error NotIncluded(uint64 size);
    error ChangePending(uint32 number);
    error NoChange();
    error TooEarly(uint64 readyAt);

    // ---- Logs and their heads

    /// @notice Opens a log; by anyone, because the id commits to all that is given here: whoever
    /// uses a name with other anchorers gets another log, and whoever copies a creation makes
    /// exactly what was wanted.
    /// @param origin the name in the log's checkpoints; to be used by one log alone
    /// @param anchorers strictly ascending
    /// @param threshold so many sign a head; a majority, so that two quorums share a signer
    /// @param changeThreshold so many, and not fewer, sign a change of anchorers
    /// @param delay seconds between the proposal of a change and its activation
    function create(
        string calldata origin,
        address[] calldata anchorers,
        uint8 threshold,
        uint8 changeThreshold,
        uint32 delay
    ) external returns (bytes32 log) {
        uint256 length = bytes(origin).length;
        if (length == 0 || length > ORIGIN_MAX) revert OriginLength(length);
        if (delay < DELAY_MIN || delay > DELAY_MAX) revert Delay(delay);
        log = keccak256(
            abi.encode(
                LOG_TYPE,
                keccak256(bytes(origin)),
                keccak256(abi.encodePacked(anchorers)),
                threshold,
                changeThreshold,
                delay
            )
        );
        if (logs[log].threshold != 0) revert LogExists(log);
        logs[log].delay = delay;
        logs[log].threshold = threshold;
        logs[log].changeThreshold = changeThreshold;
        logs[log].anchorers = _admit(log, 0, anchorers, threshold, changeThreshold);
        emit Created(log, origin, anchorers, threshold, changeThreshold, delay);
    }

    /// @notice Keeps a head that a quorum signed and that extends the last one kept. The first is
    /// kept on the quorum's word, with an empty proof: there is nothing yet that it could rewrite.
    /// @param proof RFC 9162 §2.1.4.1, from the anchored size to this one
    /// @param signatures r, s and v (27 or 28) of each signer, 65 bytes, by ascending address
    function anchor(
        bytes32 log,
        uint64 size,
        bytes32 root,
        bytes32[] calldata proof,
        bytes calldata signatures
    ) external {
        Log memory state = _live(log);
        if (size <= state.size) revert NotGrown(size, state.size);
        if (size >= MerkleProofs.SIZE_END) revert SizeTooLarge(size);
        _requireQuorum(log, state.epoch, state.threshold, _headDigest(log, size, root), signatures);
        if (state.anchorings != 0) {
            bytes32 oldRoot = rings[log][(state.anchorings - 1) % RING].root;
            MerkleProofs.requireConsistent(state.size, oldRoot, size, root, proof);
        } else if (proof.length != 0) {
            revert MerkleProofs.ProofLength();
        }
        rings[log][state.anchorings % RING] = Head(root, size, uint64(block.timestamp));
        state.size = size;
        state.time = uint64(block.timestamp);
        ++state.anchorings;
        logs[log] = state;
        emit Anchored(log, size, root);
    }

    // ---- Forks

    /// @notice Freezes a log of which two heads of one size have different roots. Each was signed
    /// by a quorum of the anchorers in office, or is in the ring and comes without signatures.
    /// @dev A quorum on each side, because with less one dishonest anchorer could stop a log.
    function reportFork(
        bytes32 log,
        uint64 size,
        bytes32 rootA,
        bytes calldata signaturesA,
        bytes32 rootB,
        bytes calldata signaturesB
    ) external {
        Log memory state = _live(log);
        if (rootA == rootB) revert SameRoot();
        _requireClaimed(log, state, size, rootA, signaturesA);
        _requireClaimed(log, state, size, rootB, signaturesB);
        _freeze(log, size, rootA, size, rootB);
    }

    /// @notice Freezes a log of which two heads, of any sizes, have different leaves at one index.
    /// @dev That a proof of consistency is missing can't be shown, but of two heads of which one
    /// does not extend the other some leaf differs, and both leaves can be. An honest log's heads
    /// have the same leaf wherever both have one, so nobody can do this to it.
    function reportRewrite(bytes32 log, uint64 index, Claim calldata a, Claim calldata b)
        external
    {
        Log memory state = _live(log);
        if (a.leafHash == b.leafHash) revert SameLeaf();
        _requireIncluded(log, state, index, a);
        _requireIncluded(log, state, index, b);
        _freeze(log, a.size, a.root, b.size, b.root);
    }

    // ---- Changes of anchorers

    /// @notice Begins the delay after which other anchorers take office. One change at a time.
    /// @param signatures of `changeThreshold` anchorers in office, over the number of this change:
    /// one more than of those proposed before, so that no proposal can be made twice.
    function proposeChange(
        bytes32 log,
        address[] calldata anchorers,
        uint8 threshold,
        uint8 changeThreshold,
        bytes calldata signatures
    ) external {
        Log memory state = _live(log);
        Change memory change = changes[log];
        if (change.readyAt != 0) revert ChangePending(change.number);
        ++change.number;
        bytes32 digest = _digest(
            keccak256(
                abi.encode(
                    CHANGE_TYPE,
                    log,
                    change.number,
                    keccak256(abi.encodePacked(anchorers)),
                    threshold,
                    changeThreshold
                )
            )
        );
        _requireQuorum(log, state.epoch, state.changeThreshold, digest, signatures);
        change.readyAt = uint64(block.timestamp) + state.delay;
        change.threshold = threshold;
        change.changeThreshold = changeThreshold;
        change.anchorers = _admit(log, change.number, anchorers, threshold, changeThreshold);
        changes[log] = change;
        emit ChangeProposed(
            log, change.number, anchorers, threshold, changeThreshold, change.readyAt
        );
    }

    /// @notice Ends a pending change, also after its delay as long as it is not active.
    /// @dev As many as can block a change by not signing it can veto it: those who are left when
    /// keys were stolen, and nobody who could not have stood in its way anyhow.
    function vetoChange(bytes32 log, bytes calldata signatures) external {
        Log memory state = _live(log);
        Change memory change = _pending(log);
        bytes32 digest = _digest(keccak256(abi.encode(VETO_TYPE, log, change.number)));
        uint256 needed = uint256(state.anchorers) - state.changeThreshold + 1;
        _requireQuorum(log, state.epoch, needed, digest, signatures);
        changes[log].readyAt = 0;
        emit ChangeVetoed(log, change.number);
    }

    /// @notice Puts the anchorers of a pending change in office, once its delay is over; by anyone.
    function activateChange(bytes32 log) external {
        Log memory state = _live(log);
        Change memory change = _pending(log);
        if (block.timestamp < change.readyAt) revert TooEarly(change.readyAt);
        state.epoch = change.number;
        state.anchorers = change.anchorers;
        state.threshold = change.threshold;
        state.changeThreshold = change.changeThreshold;
        logs[log] = state;
        changes[log].readyAt = 0;
        emit ChangeActivated(log, change.number);
    }

    // ---- What others may ask

    /// @notice True only if the log is known and not frozen, a head of this size is in the ring,
    /// and the leaf is proven to be at this index of its tree. For other contracts, which hash the
    /// entry themselves: a leaf hash from their caller says nothing of an entry.
    /// @param leafHash SHA-256 of a zero byte and the entry
    /// @param proof RFC 9162 §2.1.3.1
    function included(
        bytes32 log,
        bytes32 leafHash,
        uint64 index,
        uint64 size,
        bytes32[] calldata proof
    ) external view returns (bool) {
        Log memory state = logs[log];
        if (state.threshold == 0 || state.frozen) return false;
        (bool found, bytes32 root) = _anchoredRoot(log, state, size);
        return found && MerkleProofs.included(size, root, index, leafHash, proof);
    }

    /// @notice The last head kept; size 0 while there is none. `time` is the block's: how old a
    /// head may be is for the caller to decide.
    function head(bytes32 log)
        external
        view
        returns (uint64 size, bytes32 root, uint64 time, bool frozen)
    {
        Log memory state = _known(log);
        if (state.anchorings != 0) root = rings[log][(state.anchorings - 1) % RING].root;
        return (state.size, root, state.time, state.frozen);
    }

    /// @notice The root of a head that is still in the ring.
    function anchoredRoot(bytes32 log, uint64 size) external view returns (bytes32) {
        (bool found, bytes32 root) = _anchoredRoot(log, _known(log), size);
        if (!found) revert NotAnchored(size);
        return root;
    }

    /// @notice Who may sign now: how many there are and must sign; `isAnchorer` tells of each.
    function quorum(bytes32 log)
        external
        view
        returns (uint8 anchorers, uint8 threshold, uint8 changeThreshold, uint32 epoch)
    {
        Log memory state = _known(log);
        return (state.anchorers, state.threshold, state.changeThreshold, state.epoch);
    }

    function isAnchorer(bytes32 log, address who) external view returns (bool) {
        return anchorersOf[log][_known(log).epoch][who];
    }

    /// @notice The number of the last change proposed, and when it may be activated; 0 if none is
    /// pending.
    function pendingChange(bytes32 log) external view returns (uint32 number, uint64 readyAt) {
        return (changes[log].number, changes[log].readyAt);
    }

    // ---- Inside

    function _known(bytes32 log) private view returns (Log memory state) {
        state = logs[log];
        if (state.threshold == 0) revert UnknownLog(log);
    }

    function _live(bytes32 log) private view returns (Log memory state) {
        state = _known(log);
        if (state.frozen) revert LogFrozen(log);
    }

    function _pending(bytes32 log) private view returns (Change memory change) {
        change = changes[log];
        if (change.readyAt == 0) revert NoChange();
    }

    function _freeze(bytes32 log, uint64 sizeA, bytes32 rootA, uint64 sizeB, bytes32 rootB)
        private
    {
        logs[log].frozen = true;
        emit Forked(log, sizeA, rootA, sizeB, rootB);
    }

    /// @dev Writes a set of anchorers under its own epoch, where nobody reads it before it is in
    /// office.
    function _admit(
        bytes32 log,
        uint32 epoch,
        address[] calldata anchorers,
        uint8 threshold,
        uint8 changeThreshold
    ) private returns (uint8) {
        uint256 count = anchorers.length;
        if (count == 0 || count > ANCHORERS_MAX) revert AnchorerCount(count);
        if (
            2 * uint256(threshold) <= count || threshold > changeThreshold
                || changeThreshold > count
        ) revert Thresholds(count, threshold, changeThreshold);
        address previous = address(0);
        for (uint256 i = 0; i < count; ++i) {
            address anchorer = anchorers[i];
            if (anchorer <= previous) revert AnchorersNotAscending(anchorer);
            anchorersOf[log][epoch][anchorer] = true;
            previous = anchorer;
        }
        return uint8(count);
    }

    function _requireClaimed(
        bytes32 log,
        Log memory state,
        uint64 size,
        bytes32 root,
        bytes calldata signatures
    ) private view {
        if (signatures.length == 0) {
            (bool found, bytes32 kept) = _anchoredRoot(log, state, size);
            if (!found || kept != root) revert NotAnchored(size);
        } else {
            bytes32 digest = _headDigest(log, size, root);
            _requireQuorum(log, state.epoch, state.threshold, digest, signatures);
        }
    }

    function _requireIncluded(bytes32 log, Log memory state, uint64 index, Claim calldata claim)
        private
        view
    {
        _requireClaimed(log, state, claim.size, claim.root, claim.signatures);
        if (
            !MerkleProofs.included(claim.size, claim.root, index, claim.leafHash, claim.proof)
        ) revert NotIncluded(claim.size);
    }

    /// @dev Sizes in the ring ascend from its oldest head to its latest: a binary search.
    function _anchoredRoot(bytes32 log, Log memory state, uint64 size)
        private
        view
        returns (bool, bytes32)
    {
        uint256 high = state.anchorings;
        uint256 low = high > RING ? high - RING : 0;
        while (low < high) {
            uint256 middle = (low + high) / 2;
            Head storage candidate = rings[log][middle % RING];
            uint64 found = candidate.size;
            if (found == size) return (true, candidate.root);
            if (found < size) low = middle + 1;
            else high = middle;
        }
        return (false, 0);
    }

    function _headDigest(bytes32 log, uint64 size, bytes32 root) private view returns (bytes32) {
        return _digest(keccak256(abi.encode(HEAD_TYPE, log, size, root)));
    }

    /// @dev The chain's id is asked for each time: after a split of the chain what was signed for
    /// one side does not count on the other.
    function _digest(bytes32 structHash) private view returns (bytes32) {
        bytes32 domain =
            keccak256(abi.encode(DOMAIN_TYPE, NAME, VERSION, block.chainid, address(this)));
        return keccak256(abi.encodePacked(hex"1901", domain, structHash));
    }

    /// @dev Signers ascend, so none counts twice; each is in office; each signature is the one of
    /// its two forms that counts. Nothing may be left over.
    function _requireQuorum(
        bytes32 log,
        uint32 epoch,
        uint256 needed,
        bytes32 digest,
        bytes calldata signatures
    ) private view {
        if (signatures.length % SIGNATURE_LENGTH != 0) revert SignaturesLength(signatures.length);
        uint256 count = signatures.length / SIGNATURE_LENGTH;
        if (count < needed) revert TooFewSigners(count, needed);
        address previous = address(0);
        for (uint256 i = 0; i < count; ++i) {
            uint256 start = i * SIGNATURE_LENGTH;
            bytes32 r = bytes32(signatures[start:start + 32]);
            bytes32 s = bytes32(signatures[start + 32:start + 64]);
            uint8 v = uint8(signatures[start + 64]);
            if (uint256(s) > S_MAX) revert SignatureHighS(i);
            if (v != 27 && v != 28) revert SignatureRecovery(i);
            address signer = ecrecover(digest, v, r, s);
            if (signer == address(0)) revert SignatureInvalid(i);
            if (!anchorersOf[log][epoch][signer]) revert NotAnchorer(signer);
            if (signer <= previous) revert SignersNotAscending(signer);
            previous = signer;
        }
    }
}
