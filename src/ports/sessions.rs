//! Sessions in browsers: calls whose page talks with the model itself and posts what was said.
//!
//! They live in rows alone, so that no process has to remember them; every change is committed when its method returns.

use async_trait::async_trait;

use crate::ports::store::StoreError;
use crate::types::{CallId, OrgId, Speaker, Wall};

/// A session that begins.
#[derive(Clone, Debug)]
pub struct NewSession {
    pub call: CallId,
    pub org: OrgId,
    pub at: Wall,
    /// When it ends, should nobody end it before.
    pub deadline: Wall,
}

/// One line, as the page posts it.
#[derive(Clone, Debug)]
pub struct PostedLine {
    pub call: CallId,
    pub speaker: Speaker,
    pub text: String,
    pub at: Wall,
}

/// Why a session is not changed.
#[derive(Debug, thiserror::Error)]
pub enum SessionError {
    /// The call is by phone: only the gateway writes to it and ends it.
    #[error("the call is no session in a browser")]
    ByPhone,
    /// Somebody ended it, or its time is up.
    #[error("the session is over")]
    Over,
    /// As many as there may be: open sessions of the organization, or lines of the session.
    #[error("a limit is reached")]
    Full,
    /// The organization or the call is not found, or the database did not answer.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Opens, writes and ends sessions. Of several who ask at once, on one node or on several, each sees the others' work.
#[async_trait]
pub trait Sessions: Send + Sync {
    /// Begins a session, unless the organization has `open_max` open ones.
    async fn open(&self, session: NewSession, open_max: u32) -> Result<(), SessionError>;

    /// Appends a line and returns its number, from 0; a session has `lines_max` at most.
    async fn post(&self, line: PostedLine, lines_max: u32) -> Result<u32, SessionError>;

    /// Ends a session. False: it was over already, which is no error.
    async fn end(&self, call: CallId, at: Wall) -> Result<bool, SessionError>;

    /// Ends sessions whose time is up, the longest overdue first; more than a bounded number are left for the next time.
    async fn end_overdue(&self, now: Wall) -> Result<(), StoreError>;
}
