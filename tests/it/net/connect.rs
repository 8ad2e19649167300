//! Names that change, hang and lie; addresses that are dead; names that are proved.

use std::time::Duration;

use switchboard::net::{Missed, Net, NotConnected, Place, Proxies, Request};
use tokio::net::TcpListener;
use tokio::time::{Instant, advance, pause, resume};

use super::ground::*;

const OK: Reply = Reply::Text("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nhi");

/// Much longer than an answer takes on a busy machine.
const PATIENCE: Duration = Duration::from_secs(60);

async fn get(net: &Net, url: &str) -> Result<String, Missed> {
    let headers = hyper::HeaderMap::new();
    let request = Request { method: hyper::Method::GET, url: url.parse().unwrap(), headers, body: Default::default() };
    let answer = net.send(request, PATIENCE, 1000).await?;
    Ok(String::from_utf8(answer.body).unwrap())
}

/// Lets time pass for what is remembered; not while a socket is waited for.
async fn pass(time: Duration) {
    pause();
    advance(time).await;
    resume();
}

#[tokio::test]
async fn who_answers_is_proved_by_the_name() {
    let server = Server::with_tls([OK, OK]).await;
    let hosts = Hosts::that_say(NAME, Says::loopback());
    hosts.say("other.test", Says::loopback());
    let net = net(&hosts, Proxies::default());
    assert_eq!(get(&net, &format!("https://{NAME}:{}/x", server.addr.port())).await.unwrap(), "hi");
    let other = get(&net, &format!("https://other.test:{}/x", server.addr.port())).await;
    assert!(matches!(other, Err(Missed::Unsent(NotConnected::Tls(_)))), "{other:?}");
    assert_eq!(server.heads().len(), 1, "nothing is told to somebody else");
}

#[tokio::test]
async fn a_name_server_that_dies_costs_nothing() {
    let server = Server::that_says([OK, OK, OK]).await;
    let hosts = Hosts::that_say(NAME, Says::loopback());
    let net = net(&hosts, Proxies::default());
    let url = format!("http://{NAME}:{}/", server.addr.port());
    get(&net, &url).await.unwrap();
    hosts.say(NAME, Says::Hangs);
    for _ in 0..2 {
        pass(Duration::from_secs(3600)).await;
        get(&net, &url).await.unwrap();
    }
    assert_eq!(hosts.asked().len(), 3, "it was asked each time, and not waited for");
}

#[tokio::test(start_paused = true)]
async fn a_name_that_was_never_known_is_given_up_in_time_and_nothing_is_sent() {
    let hosts = Hosts::that_say(NAME, Says::Hangs);
    let net = net(&hosts, Proxies::default());
    let began = Instant::now();
    let missed = get(&net, &format!("https://{NAME}/")).await;
    assert!(matches!(missed, Err(Missed::Unsent(NotConnected::TimedOut))), "{missed:?}");
    assert_eq!(began.elapsed(), switchboard::net::CONNECT_WAIT);
    hosts.say(NAME, Says::Unknown);
    let missed = get(&net, "https://nobody.test/").await;
    assert!(matches!(missed, Err(Missed::Unsent(NotConnected::Name))), "{missed:?}");
}

#[tokio::test]
async fn an_address_that_refuses_is_passed_over_and_not_tried_first_again() {
    let server = Server::that_says([OK, OK]).await;
    let hosts = Hosts::that_say(NAME, Says::these(&["::1", "127.0.0.2", "127.0.0.1"]));
    let net = net(&hosts, Proxies::default());
    let url = format!("http://{NAME}:{}/", server.addr.port());
    get(&net, &url).await.unwrap();
    get(&net, &url).await.unwrap();
    assert_eq!(hosts.asked().len(), 1);
}

#[tokio::test]
async fn when_the_remembered_address_is_dead_the_name_is_asked_for_again() {
    let server = Server::that_says([OK]).await;
    let hosts = Hosts::that_say(NAME, Says::loopback());
    let net = net(&hosts, Proxies::default());
    let url = format!("http://{NAME}:{}/", server.addr.port());
    get(&net, &url).await.unwrap();
    // The service moves within the minute.
    let moved = TcpListener::bind(("127.0.0.3", server.addr.port())).await.unwrap();
    drop(server);
    let moved = Server::on(moved, [OK], None);
    hosts.say(NAME, Says::these(&["127.0.0.3"]));
    get(&net, &url).await.unwrap();
    assert_eq!((moved.heads().len(), hosts.asked().len()), (1, 2));
}

#[tokio::test]
async fn a_place_that_was_warmed_is_known_when_the_name_server_dies() {
    let server = Server::that_says([OK]).await;
    let hosts = Hosts::that_say(NAME, Says::loopback());
    let net = net(&hosts, Proxies::default());
    let url = format!("http://{NAME}:{}/", server.addr.port());
    net.warm(&Place::parse(&url).unwrap()).await;
    hosts.say(NAME, Says::Hangs);
    get(&net, &url).await.unwrap();
}
