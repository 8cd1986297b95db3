//! Carrying out a plan.

pub mod outcome;
