// SPDX-License-Identifier: MIT
//! `tui`: the terminal interface. It is a client of the daemon that guards the interfaces; where there
//! is none, it runs one in its own process, which filters for as long as the interface is there.

use super::{daemon, load};
use crate::arguments::{Daemon, GlobalOptions, Tui, TuiTheme};
use crate::failure::{Failure, exit};
use crate::output;
use crate::prompt::{Guard, Log, Signal, Signals, meaning_at_interface, offers};
use crate::session;
use aegis_api::{Client, Instance};
use aegis_daemon::{Logs, Options};
use aegis_policy::config::Confine;
use aegis_tui::{Ended, Palette, Reader, Session, Symbols};
use std::env;
use std::sync::Arc;

/// Until a key, or a signal, ends it.
pub async fn run(options: &GlobalOptions, arguments: &Tui) -> Result<u8, Failure> {
    let running = match arguments.read_only {
        // Who only looks attaches no filter either.
        true => Some(guarding(options).await?),
        false => load::running(options).await?,
    };
    match running {
        Some(instance) => {
            let session = session(&instance, arguments, false)?;
            let ended = aegis_tui::run(session).await.map_err(failed)?;
            Ok(code(ended))
        }
        None => as_guard(options, arguments).await,
    }
}

/// The daemon that guards, or that none does.
async fn guarding(options: &GlobalOptions) -> Result<Instance, Failure> {
    let instance = options.instance()?;
    Client::new(&instance).status().await?;
    Ok(instance)
}

async fn as_guard(options: &GlobalOptions, arguments: &Tui) -> Result<u8, Failure> {
    let mut own = daemon::plan(options, &Daemon::default())?;
    // What confines a daemon would confine the commands that are typed in its process.
    own.config.confine = Confine::Off;
    let session = session(&own.instance, arguments, true)?;
    let log = Log::default();
    log.hold();
    let logs = Logs::start_at_prompt(&own.config.logging, &own.instance, log.clone())?;
    let own = own.options(options, logs);
    let (interfaces, pins) = (own.config.interfaces.join(", "), own.pin_dir());
    let ended = guarded(own, session).await;
    log.release();
    let ended = ended?;
    output::note(&format!("{interfaces}: {}", load::aftermath(&pins).await?));
    Ok(code(ended))
}

/// The interface is there at once, and tells that it waits for its daemon.
async fn guarded(own: Options, session: Session) -> Result<Ended, Failure> {
    let mut guard = Guard::start(own)?;
    let client = session.client.clone();
    let ended = {
        let interface = aegis_tui::run(session);
        tokio::pin!(interface);
        tokio::select! {
            ended = &mut interface => ended,
            ready = guard.ready(&client) => {
                ready?;
                tokio::select! {
                    ended = &mut interface => ended,
                    // There would be nothing to look at, and nobody to ask again.
                    why = guard.died() => return Err(why),
                }
            }
        }
    };
    if matches!(ended, Ok(Ended::Lost)) {
        // A connection that broke must not take the firewall away with it.
        tokio::select! {
            told = told_to_stop() => told?,
            died = guard.died() => return Err(died),
        }
    }
    guard.stop().await?;
    ended.map_err(failed)
}

/// Waits for a signal that ends a process without a terminal.
async fn told_to_stop() -> Result<(), Failure> {
    let mut signals = Signals::new()?;
    while signals.next().await == Signal::HangUp {}
    Ok(())
}

fn session(instance: &Instance, arguments: &Tui, is_own: bool) -> Result<Session, Failure> {
    let program = env::current_exe();
    let program = program.map_err(|error| {
        Failure::failed(format!("cannot find this program's own file: {error}"))
    })?;
    let client = Client::new(instance);
    Ok(Session {
        reader: Reader(meaning_at_interface),
        completion: Arc::new(offers(client.clone())),
        client,
        instance: instance.name().to_owned(),
        is_own,
        is_read_only: arguments.read_only,
        peer: session::peer(),
        program,
        standing: vec!["--instance".to_owned(), instance.name().to_owned()],
        palette: palette(arguments.theme),
        symbols: symbols(arguments.ascii),
        has_mouse: !arguments.no_mouse,
    })
}

fn palette(theme: TuiTheme) -> Palette {
    let refused = env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    match theme {
        TuiTheme::None => Palette::NoColour,
        TuiTheme::Auto if refused => Palette::NoColour,
        TuiTheme::Auto => Palette::Usual,
        TuiTheme::ColourBlind => Palette::ColourBlind,
    }
}

/// By the locale, as POSIX has it: the first of these that is set decides.
fn symbols(ascii: bool) -> Symbols {
    let locale = ["LC_ALL", "LC_CTYPE", "LANG"].into_iter();
    let locale = locale
        .filter_map(env::var_os)
        .find(|value| !value.is_empty());
    let locale = locale.unwrap_or_default().to_string_lossy().to_lowercase();
    let has_unicode = locale.contains("utf-8") || locale.contains("utf8");
    match has_unicode && !ascii {
        true => Symbols::Unicode,
        false => Symbols::Ascii,
    }
}

fn failed(error: aegis_tui::TuiError) -> Failure {
    Failure::failed(error.to_string())
}

/// A script learns by it that nobody at the keys has ended it.
fn code(ended: Ended) -> u8 {
    match ended {
        Ended::Asked | Ended::Lost => exit::DONE,
        Ended::Signalled => {
            output::note("ended by a signal");
            exit::FAILED
        }
    }
}
