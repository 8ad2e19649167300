//! What the command line accepts, and what the commands that live here print.

use clap::error::ErrorKind;

use super::*;
use crate::types::org::AudioFormat;

fn parse(line: &str) -> Result<Cli, ErrorKind> {
    Cli::try_parse_from(line.split(' ')).map_err(|error| error.kind())
}

#[test]
fn the_parser_is_consistent() {
    use clap::CommandFactory;
    Cli::command().debug_assert();
}

#[test]
fn every_command_of_the_interface_is_there() {
    for line in [
        "switchboard serve",
        "switchboard demo --scenario interrupt --json --format pcmu",
        "switchboard demo --list",
        "switchboard migrate",
        "switchboard config show --json",
        "switchboard org add north --name North",
        "switchboard org list --json",
        "switchboard org show north",
        "switchboard org number add north +15550100",
        "switchboard org number list north",
        "switchboard key add desk",
        "switchboard key list --json",
        "switchboard key revoke desk",
        "switchboard health --wait --timeout 5 --url http://127.0.0.1:1",
        "switchboard completions bash",
        "switchboard bench --calls 10,200 --format pcm --seconds 5 --json",
        "switchboard serve --bind 127.0.0.1:1 --log-level debug",
        "switchboard --data-dir d --database-url sqlite://a.db --config c.toml serve --log-format json",
    ] {
        assert_eq!(parse(line).err(), None, "{line}");
    }
}

#[test]
fn slips_are_usage_errors() {
    for line in [
        "switchboard answer",
        "switchboard org add Not-Legal --name x",
        "switchboard org number add north 5550100",
        "switchboard bench --calls 0",
        "switchboard bench --calls ten",
        "switchboard demo --format opus",
        "switchboard health --timeout 0",
        "switchboard serve --colour red",
    ] {
        let error = Cli::try_parse_from(line.split(' ')).err().unwrap();
        assert_eq!(error.exit_code(), i32::from(Exit::Usage.code()), "{line}");
    }
}

#[test]
fn flags_become_the_settings_that_they_stand_for() {
    let cli =
        parse("switchboard serve --bind 127.0.0.1:1 --public-base-url http://localhost --log-format json").unwrap();
    let settings = cli.settings.as_settings();
    let pairs: Vec<_> = settings.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    let expected = [("BIND", "127.0.0.1:1"), ("LOG_FORMAT", "json"), ("PUBLIC_BASE_URL", "http://localhost")];
    assert_eq!(pairs, expected);
    let all = parse("switchboard --database-url a --data-dir b --log-level c --bind d migrate").unwrap();
    for name in all.settings.as_settings().keys() {
        assert!(crate::config::SETTINGS.iter().any(|setting| setting.name == name), "{name}");
    }
}

#[test]
fn a_bench_measures_several_sizes_and_both_formats_unless_told() {
    let Ok(Cli { command: Command::Bench(args), .. }) = parse("switchboard bench") else { panic!("not bench") };
    assert_eq!((args.calls.as_slice(), args.formats().len()), ([10, 50, 100, 200].as_slice(), 2));
    let Ok(Cli { command: Command::Bench(args), .. }) = parse("switchboard bench --calls 7 --format pcmu") else {
        panic!("not bench")
    };
    assert_eq!((args.calls.as_slice(), args.formats().as_slice()), ([7].as_slice(), [AudioFormat::Pcmu].as_slice()));
}

/// `config show` over one settings file, and nothing that the process environment could change.
fn show(text: &str, json: bool) -> (Exit, String, String) {
    let path = std::env::temp_dir().join(format!("switchboard-show-{}-{}.toml", std::process::id(), text.len()));
    std::fs::write(&path, text).unwrap();
    let flags = SettingFlags { config: Some(path.clone()), ..SettingFlags::default() };
    let (mut out, mut talk) = (Vec::new(), Vec::new());
    let exit = config_show(&flags, json, &mut out, &mut talk).unwrap();
    std::fs::remove_file(path).unwrap();
    (exit, String::from_utf8(out).unwrap(), String::from_utf8(talk).unwrap())
}

#[test]
fn config_show_prints_values_sources_and_masks() {
    let (exit, out, talk) = show("redis_url = 'redis://u:canary@h'\nopenai_voice = 'cedar'\n", false);
    assert_eq!((exit, talk.as_str()), (Exit::Ok, ""));
    let line = out.lines().find(|line| line.starts_with("OPENAI_VOICE")).unwrap();
    assert_eq!(line.split_whitespace().collect::<Vec<_>>(), ["OPENAI_VOICE", "cedar", "settings", "file"]);
    assert!(!out.contains("canary"));
    assert_eq!(out.lines().count(), crate::config::SETTINGS.len());
}

#[test]
fn config_show_prints_what_it_can_when_a_setting_is_wrong() {
    let (exit, out, talk) = show("openai_voice = 'two words'\n", true);
    assert_eq!(exit, Exit::Config);
    let lines: serde_json::Value = serde_json::from_str(&out).unwrap();
    assert_eq!(lines.as_array().unwrap().len(), crate::config::SETTINGS.len());
    assert!(talk.contains("OPENAI_VOICE"), "{talk}");
    let (exit, out, talk) = show("openai_voyce = 'x'\n", false);
    assert_eq!((exit, out.as_str()), (Exit::Config, ""));
    assert!(talk.contains("did you mean `openai_voice`"), "{talk}");
}

#[test]
fn completions_name_the_commands() {
    let mut out = Vec::new();
    completions(clap_complete::Shell::Bash, &mut out);
    let script = String::from_utf8(out).unwrap();
    assert!(script.contains("switchboard") && script.contains("bench"));
}
