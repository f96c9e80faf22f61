//! narrowing
