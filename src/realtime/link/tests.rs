//! A half-open connection is found, a quiet one is not taken for one.

use futures_util::{SinkExt, StreamExt};
use tokio::net::{TcpListener, TcpStream};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::protocol::Role;

use super::*;
use crate::assistant::{demo_org, settings, tools};
use crate::session::effect::{RequestNo, RespondKind};
use crate::types::CallId;
use crate::types::org::AudioFormat;

async fn pair() -> (ModelLink, TcpStream) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let near = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
    let (far, _) = listener.accept().await.unwrap();
    let socket = WebSocketStream::from_raw_socket(net::Stream::Plain(near), Role::Client, None).await;
    let org = settings::organization(&demo_org()).unwrap();
    let setup = ModelSetup {
        call: CallId(uuid::Uuid::nil()),
        safety_id: "test".to_owned(),
        model: "gpt-realtime-2.1".to_owned(),
        transcribe_model: "gpt-transcribe".to_owned(),
        voice: "marin".to_owned(),
        format: AudioFormat::Pcmu,
        instructions: String::new(),
        language: "en".to_owned(),
        turn_detection: org.turn_detection.clone(),
        tools: tools::specs(&org),
    };
    (link(socket, setup, tools::parse, None), far)
}

fn create(link: &mut ModelLink) -> String {
    let command = crate::ports::model::ModelCommand::Respond { no: RequestNo(1), kind: RespondKind::Bare };
    link.encode.encode(&command)
}

#[tokio::test(start_paused = true)]
async fn a_server_that_answers_no_ping_is_lost() {
    let (mut link, _far) = pair().await;
    tokio::time::advance(PING_EVERY).await;
    let text = create(&mut link);
    link.texts.send(text).await.unwrap();
    let began = Instant::now();
    let event = link.events.next().await;
    assert!(matches!(event, Some(ModelEvent::Input(ModelInput::Lost(LostCause::Broken)))), "{event:?}");
    assert!(began.elapsed() <= SILENCE_MAX + PONG_WAIT);
    assert!(link.events.next().await.is_none());
}

#[tokio::test(start_paused = true)]
async fn a_server_that_was_sent_nothing_may_be_quiet() {
    let (mut link, _far) = pair().await;
    let quiet = tokio::time::timeout(SILENCE_MAX * 10, link.events.next()).await;
    assert!(quiet.is_err(), "{quiet:?}");
}
