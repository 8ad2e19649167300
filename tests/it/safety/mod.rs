//! Tests of `safety`: the labelled phrases, the ways in which each can reach the rules, and how well the rules do.

mod corpus;
mod net;
mod scripts;
mod variants;
