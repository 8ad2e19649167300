//! An address where nobody listens, and where nobody will as long as this lives.
//!
//! A port that was free a moment ago may be another test's by the time somebody connects to it.

#![expect(clippy::unwrap_used, reason = "a helper of tests")]

use std::net::SocketAddr;

use tokio::net::TcpSocket;

/// A socket that has its port and does not listen: whoever connects is refused.
pub(crate) struct Nobody(TcpSocket);

impl Nobody {
    pub(crate) fn new() -> Self {
        let socket = TcpSocket::new_v4().unwrap();
        socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
        Self(socket)
    }

    pub(crate) fn addr(&self) -> SocketAddr {
        self.0.local_addr().unwrap()
    }
}
