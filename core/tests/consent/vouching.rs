//! vouching
