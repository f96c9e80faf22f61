CREATE TABLE meta (
    -- What the vault is opened with: one row a name.
    k TEXT NOT NULL PRIMARY KEY, -- header, obsolete, buckets, escrow-key, escrow, root, node, state, erased
    v BLOB NOT NULL              -- as docs/formats.md says for that name
) STRICT, WITHOUT ROWID;

CREATE TABLE ver (
    -- One row a version of anything. In clear: order, bucket, epoch, padded sizes.
    seq INTEGER NOT NULL PRIMARY KEY, -- order of writing
    b INTEGER NOT NULL,               -- bucket, 0 to 63
    e INTEGER NOT NULL,               -- epoch of the bucket's key
    hdr BLOB NOT NULL,                -- sealed header: what it is, and the key of the body
    body BLOB NOT NULL                -- sealed content
) STRICT;

CREATE TABLE att (
    -- One row an attachment; its bytes are a file beside the database.
    aid BLOB NOT NULL PRIMARY KEY, -- 16 random bytes, the file's name
    b INTEGER NOT NULL,            -- bucket, 0 to 63
    e INTEGER NOT NULL,            -- epoch of the bucket's key
    hdr BLOB NOT NULL              -- sealed header: key, size, hashes, locators
) STRICT, WITHOUT ROWID;

CREATE TABLE audit (
    -- One row an audit entry; the log only grows.
    seq INTEGER NOT NULL PRIMARY KEY, -- place in the log, from 0
    entry BLOB NOT NULL,              -- sealed entry
    leaf BLOB NOT NULL                -- RFC 9162 leaf hash, 32 bytes
) STRICT;

CREATE TABLE tile (
    -- The log's tree: hashes of complete subtrees.
    lvl INTEGER NOT NULL, -- height above the leaves: 8, 16, ...
    n INTEGER NOT NULL,   -- number of the tile at that height
    data BLOB NOT NULL,   -- up to 256 hashes of 32 bytes
    PRIMARY KEY (lvl, n)
) STRICT, WITHOUT ROWID;

CREATE TABLE ckpt (
    -- Signed heads of the log that somebody else may hold.
    size INTEGER NOT NULL PRIMARY KEY, -- entries covered
    note BLOB NOT NULL                 -- sealed COSE_Sign1, pmw-cp
) STRICT;
