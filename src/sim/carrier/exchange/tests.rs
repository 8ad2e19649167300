//! Tests of `exchange`: a table for every verb and every rule of the REST interface, in virtual time.

mod callbacks;
mod called;
mod chance;
mod requests;
mod rig;
mod ringing;
mod rooms;
mod verbs;
