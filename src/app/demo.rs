//! `demo`: plays a scenario in real time, prints the conversation as it is committed, then sums it up.

use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::Context as _;
use serde_json::{Value, json};

use crate::app::SystemClock;
use crate::app::commands::{CommandError, colours};
use crate::app::play::{self, Played};
use crate::app::stage::{PUBLIC_BASE, Stage, StageOptions};
use crate::cli::{DemoArgs, Exit, SettingFlags};
use crate::sim::scenario::Scenario;
use crate::types::org::AudioFormat;

mod live;
mod notes;
mod people;
mod summary;

use live::Live;

/// Where a demonstration keeps what it leaves.
struct Place {
    data_dir: PathBuf,
    database_url: String,
}

/// Plays one scenario. Exit code 0 only if the call went as the scenario says.
pub(super) async fn demo(args: &DemoArgs, flags: &SettingFlags, out: &mut impl Write) -> Result<Exit, CommandError> {
    if args.list {
        return list(out);
    }
    let Some(scenario) = Scenario::named(&args.scenario) else {
        let names: Vec<_> = Scenario::builtin().into_iter().map(|scenario| scenario.name).collect();
        return Err(CommandError::Usage(format!("no scenario `{}`; there are {}", args.scenario, names.join(", "))));
    };
    let place = Place::new(flags)?;
    let format = args.format.map_or(AudioFormat::Pcm, AudioFormat::from);
    let options = StageOptions {
        database_url: place.database_url.clone(),
        ..play::options(&scenario, &place.data_dir)?.with("REALTIME_AUDIO_FORMAT", format.as_str())
    };
    let mut stage = Stage::start(options).await?;
    let mut live = Live::new(colours(), if scenario.outbound.is_some() { "callee" } else { "caller" });
    if !args.json {
        introduce(&scenario, &stage, format, out)?;
    }
    // A reader who has gone away does not end the call; the result says so.
    let mut broken = None;
    let played = play::play(&mut stage, &scenario, |news| {
        if !args.json && broken.is_none() {
            broken = live.show(news, out).err();
        }
    })
    .await;
    if !args.json {
        live.finish(out)?;
    }
    let tape = stage.tape.clone();
    stage.stop(Duration::ZERO).await;
    let played = played?;
    let wav = place.data_dir.join("call.wav");
    let taped_secs = tape.write(&wav).context("the sound of the call cannot be written")?;
    if args.json {
        let mut facts = summary::as_json(&scenario, format, &played, &place.database_url);
        facts["wav"] = json!(wav);
        writeln!(out, "{facts}")?;
    } else {
        summary::print(&scenario, &played, &place.database_url, colours(), out)?;
        look(&place, &wav, taped_secs, out)?;
    }
    match broken {
        Some(error) => Err(error.into()),
        None if played.problems.is_empty() => Ok(Exit::Ok),
        None => Ok(Exit::Runtime),
    }
}

/// How to hear and see what the demonstration left.
fn look(place: &Place, wav: &Path, taped_secs: f64, out: &mut impl Write) -> io::Result<()> {
    let program = std::env::args().next().unwrap_or_else(|| "switchboard".to_owned());
    let (data, database) = (place.data_dir.display(), &place.database_url);
    // The phone of somebody whom we called is not taped.
    if taped_secs > 0.0 {
        let sides = "left: the caller, right: what the caller hears";
        writeln!(out, "  listen     {} ({taped_secs:.0} s; {sides})", wav.display())?;
    }
    writeln!(out, "  look       {program} key add me --database-url {database}")?;
    writeln!(out, "             {program} serve --data-dir {data} --database-url {database}")?;
    writeln!(out, "             curl -H \"Authorization: Bearer KEY\" http://127.0.0.1:8080/api/calls\n")
}

fn list(out: &mut impl Write) -> Result<Exit, CommandError> {
    let all = Scenario::builtin();
    let width = all.iter().map(|scenario| scenario.name.len()).max().unwrap_or(0);
    for Scenario { name, about, .. } in &all {
        writeln!(out, "{name:width$}  {about}")?;
    }
    Ok(Exit::Ok)
}

fn introduce(scenario: &Scenario, stage: &Stage, format: AudioFormat, out: &mut impl Write) -> io::Result<()> {
    let (gateway, model) = (&stage.gateway, &stage.model);
    writeln!(out, "\n{}: {}\n", scenario.name, scenario.about)?;
    writeln!(out, "  phone company  built in, {}; signs for {PUBLIC_BASE}", stage.carrier.rest_base())?;
    writeln!(out, "  gateway        http://{}, {}, {format}", gateway.addr(), gateway.store().kind())?;
    let absent = if scenario.model_down { ", refuses every connection" } else { "" };
    writeln!(out, "  model          built in, {}{absent}\n", model.url())
}

impl Place {
    /// A folder of its own below the machine's temporary one, unless the flags say otherwise. The environment does not
    /// count: a demonstration must not write into the database of the real thing by accident.
    fn new(flags: &SettingFlags) -> anyhow::Result<Self> {
        let data_dir = match &flags.data_dir {
            Some(dir) => PathBuf::from(dir),
            None => {
                let name = format!("switchboard-demo-{}-{}", SystemClock::start().wall().0 / 1000, std::process::id());
                std::env::temp_dir().join(name)
            }
        };
        crate::app::wiring::private_dir(&data_dir)?;
        let data_dir = data_dir.canonicalize().context("the data directory")?;
        let own = || format!("sqlite://{}", data_dir.join("switchboard.db").display());
        Ok(Self { database_url: flags.database_url.clone().unwrap_or_else(own), data_dir })
    }
}

/// Latencies of the caller's turns as the caller hears them, in ms: from the end of speech to the first sound.
fn latencies(played: &Played) -> Vec<u64> {
    let turns = played.report.talk.turns().iter();
    turns.filter_map(|turn| turn.latency()).map(|latency| latency.as_millis() as u64).collect()
}

fn intake(played: &Played) -> Option<Value> {
    let intake = played.detail.intake.as_ref()?;
    let data: Value = serde_json::from_str(&intake.structured_json).unwrap_or_default();
    Some(json!({ "completed": intake.completed, "urgency": intake.urgency.map(|u| u.as_str()), "data": data }))
}
