//! Through a proxy: REST, the secrets of browsers and the model's connection alike, and never this machine.

use std::time::Duration;

use futures_util::StreamExt as _;
use switchboard::assistant;
use switchboard::net::{Net, Proxies};
use switchboard::ports::carrier::{Carrier as _, CarrierError};
use switchboard::ports::mint::MintError;
use switchboard::ports::model::{ModelConnector as _, ModelEvent};
use switchboard::realtime::{RealtimeConnector, RealtimeSettings, SecretMint};
use switchboard::session::input::{LostCause, ModelInput};
use switchboard::twilio::TwilioRest;
use switchboard::types::Secret;
use switchboard::types::org::AudioFormat;
use tokio_tungstenite::accept_async;

use super::ground::*;
use crate::realtime::demo_setup;
use crate::support::nobody::Nobody;
use crate::twilio::support::{LEG, settings};

const CONNECTED: &str = "HTTP/1.1 200 Connection established\r\n\r\n";
const PATIENCE: Duration = Duration::from_secs(60);

fn rest(net: Net, base: String) -> TwilioRest {
    let mut settings = settings();
    settings.api_base_url = base;
    TwilioRest::new(net, &settings).unwrap().with_total_wait(PATIENCE)
}

fn connector(net: Net, url: String) -> RealtimeConnector {
    let (api_key, parse_tool) = (Some(Secret::new("sk-test")), assistant::tools::parse);
    RealtimeConnector::new(RealtimeSettings { url, api_key, log_dir: None, parse_tool }, net).unwrap()
}

/// The request lines, and nothing of what is in the tunnels.
fn lines(tunnels: &Tunnels) -> Vec<String> {
    tunnels.heads().iter().map(|head| head.lines().next().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn rest_and_secrets_go_through_a_tunnel_that_sees_only_where_they_go() {
    let reply = || Reply::Text("HTTP/1.1 404 Not Found\r\ncontent-length: 14\r\n\r\n{\"code\":20404}");
    let server = Server::with_tls([reply(), reply()]).await;
    let tunnels = Tunnels::to(server.addr, CONNECTED).await;
    // The proxy knows the name; we need not.
    let net = net(&Hosts::that_say("nothing", Says::Unknown), tunnels.proxies("me:secret@", "other.test"));
    let rest = rest(net.clone(), format!("https://{NAME}"));
    assert_eq!(rest.status(&LEG.parse().unwrap()).await, Err(CarrierError::Gone));
    let mint = SecretMint::new(net, &format!("https://{NAME}:8443/v1"), Some(Secret::new("sk-test"))).unwrap();
    assert_eq!(mint.mint(&demo_setup(AudioFormat::Pcm)).await.err(), Some(MintError::Refused));

    assert_eq!(server.heads().len(), 2);
    assert_eq!(lines(&tunnels), ["CONNECT api.test:443 HTTP/1.1", "CONNECT api.test:8443 HTTP/1.1"]);
    for head in tunnels.heads() {
        assert!(head.contains("\r\nProxy-Authorization: Basic bWU6c2VjcmV0\r\n"), "{head}");
        assert!(!head.contains("sk-test") && !head.to_lowercase().contains("\r\nauthorization"), "{head}");
    }
}

#[tokio::test]
async fn the_models_connection_goes_through_a_tunnel_too() {
    let listener = listen().await;
    let tunnels = Tunnels::to(listener.local_addr().unwrap(), CONNECTED).await;
    let net = net(&Hosts::that_say("nothing", Says::Unknown), tunnels.proxies("", ""));
    let connector = connector(net, format!("wss://{NAME}/v1/realtime"));
    let setup = demo_setup(AudioFormat::Pcm);
    let server = async {
        let (stream, _) = listener.accept().await.unwrap();
        accept_async(acceptor().accept(stream).await.unwrap()).await.unwrap()
    };
    let both = async { tokio::join!(server, connector.connect(&setup)) };
    let (socket, link) = tokio::time::timeout(PATIENCE, both).await.unwrap();
    drop(socket);
    let mut link = link.unwrap_or_else(|cause| panic!("{cause:?}"));
    let event = link.events.next().await;
    assert!(matches!(event, Some(ModelEvent::Input(ModelInput::Lost(LostCause::Broken)))), "{event:?}");
    assert_eq!(lines(&tunnels), ["CONNECT api.test:443 HTTP/1.1"]);
}

#[tokio::test]
async fn a_proxy_that_refuses_is_no_connection_and_nothing_was_done() {
    for answer in ["HTTP/1.1 407 Proxy Authentication Required\r\n\r\n", "HTTP/1.1 502 Bad\r\n\r\n", "hello\r\n\r\n"] {
        let server = Server::with_tls([]).await;
        let tunnels = Tunnels::to(server.addr, answer).await;
        let net = net(&Hosts::that_say("nothing", Says::Unknown), tunnels.proxies("", ""));
        let redirect = rest(net.clone(), format!("https://{NAME}")).hang_up(&LEG.parse().unwrap()).await;
        assert_eq!(redirect, Err(CarrierError::Unreachable), "{answer}");
        let lost = connector(net, format!("wss://{NAME}/v1")).connect(&demo_setup(AudioFormat::Pcm)).await.err();
        assert_eq!(lost, Some(LostCause::Unreachable), "{answer}");
        assert_eq!(server.heads().len(), 0);
    }
}

#[tokio::test]
async fn this_machine_and_exceptions_are_reached_without_the_proxy() {
    let nobody = Nobody::new();
    let proxies = Proxies::new(nobody.addr().to_string().parse().unwrap(), NAME);
    let reply = || Reply::Text("HTTP/1.1 404 Not Found\r\ncontent-length: 14\r\n\r\n{\"code\":20404}");
    let server = Server::that_says([reply(), reply()]).await;
    let net = net(&Hosts::that_say(NAME, Says::loopback()), proxies);
    for base in [format!("http://{}", server.addr), format!("http://{NAME}:{}", server.addr.port())] {
        let status = rest(net.clone(), base).status(&LEG.parse().unwrap()).await;
        assert_eq!(status, Err(CarrierError::Gone));
    }
    assert_eq!(server.heads().len(), 2);
}
