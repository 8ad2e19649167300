//! The one integration-test binary; its folders mirror `src/`.

mod app;
mod assistant;
mod audio;
mod auth;
mod calls;
mod config;
mod e2e;
mod http;
mod net;
mod realtime;
mod safety;
mod session;
mod sim;
mod store;
mod support;
mod tidy;
mod twilio;
