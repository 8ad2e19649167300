//! Sound through a call's task: the caller's to the model, the model's to the caller.

use std::sync::atomic::Ordering;
use std::time::Duration;

use bytes::Bytes;
use switchboard::ports::media::{MediaCommand, MediaEvent};
use switchboard::ports::model::{ModelCommand, ModelEvent};
use switchboard::session::input::ModelInput;
use switchboard::types::{ItemId, Mulaw, ResponseId};
use tokio::time::sleep;

use super::support::World;

#[tokio::test(start_paused = true)]
async fn every_frame_arrives_once_in_order_and_on_the_right_side() {
    let world = World::new();
    let peer = world.on_air(1).await;
    settle().await;
    let say = |event| world.connector.peers.lock().unwrap()[0].events.send(event).unwrap();
    settle().await;
    for n in 0..50_u8 {
        let event = MediaEvent::Frame {
            chunk: Some(u64::from(n) + 1),
            timestamp_ms: Some(u64::from(n) * 20),
            audio: Mulaw::new(Bytes::from(vec![n; 160])),
        };
        peer.events.send(event).await.unwrap();
    }
    say(ModelEvent::Input(ModelInput::ResponseStarted { response: ResponseId::from("r"), about: None }));
    for n in 0..50_u8 {
        let bytes = Bytes::from(vec![100 + n; 160]);
        say(ModelEvent::Audio { response: ResponseId::from("r"), item: ItemId::from("i"), bytes });
    }
    settle().await;
    let sent = world.connector.peers.lock().unwrap()[0].sent.lock().unwrap().clone();
    let heard: Vec<u8> = sent
        .iter()
        .filter_map(|command| match command {
            ModelCommand::Append(bytes) => Some(bytes.to_vec()),
            _ => None,
        })
        .flatten()
        .collect();
    let expected: Vec<u8> = (0..50_u8).flat_map(|n| vec![n; 160]).collect();
    assert_eq!(heard, expected, "the model hears the caller");
    let played: Vec<u8> = peer.frames().concat();
    let expected: Vec<u8> = (100..150_u8).flat_map(|n| vec![n; 160]).collect();
    assert_eq!(played, expected, "the caller hears the model");
}

#[tokio::test(start_paused = true)]
async fn the_model_is_set_up_from_the_organization_before_anything_else() {
    let world = World::new();
    world.connector.mute.store(true, Ordering::Relaxed);
    let _peer = world.on_air(1).await;
    settle().await;
    let model = world.connector.peers.lock().unwrap().remove(0);
    assert_eq!(model.setup.instructions, "You answer for Riverside Clinic.");
    assert_eq!((model.setup.model.as_str(), model.setup.voice.as_str()), ("model", "voice"));
    assert!(!model.setup.safety_id.contains("555"), "never a phone number: {}", model.setup.safety_id);
    assert!(model.sent.lock().unwrap().is_empty(), "the server speaks first");
    model.events.send(ModelEvent::Input(ModelInput::Opened)).unwrap();
    settle().await;
    assert!(matches!(model.sent.lock().unwrap().as_slice(), [ModelCommand::Configure { plain: false }]));
}

#[tokio::test(start_paused = true)]
async fn a_key_clears_what_the_caller_has_not_heard() {
    let world = World::new();
    let peer = world.on_air(1).await;
    settle().await;
    let say = |event| world.connector.peers.lock().unwrap()[0].events.send(event).unwrap();
    say(ModelEvent::Input(ModelInput::ResponseStarted { response: ResponseId::from("r"), about: None }));
    let bytes = Bytes::from(vec![1; 8_000]);
    say(ModelEvent::Audio { response: ResponseId::from("r"), item: ItemId::from("i"), bytes });
    settle().await;
    peer.events.send(MediaEvent::Digit('0')).await.unwrap();
    settle().await;
    let sent = peer.sent.lock().unwrap();
    let clear = sent.iter().position(|command| matches!(command, MediaCommand::Clear));
    assert!(clear.is_some_and(|at| at > 0 && at == sent.len() - 1), "nothing of the item after the clear");
}

/// Lets every task do what it can do now.
async fn settle() {
    sleep(Duration::from_millis(1)).await;
}
