// SPDX-License-Identifier: MIT
//! The courier as a process.

use super::line::Line;
use super::{Job, body};
use crate::confine;
use aegis_api::CourierSight;
use aegis_lists::fetch::{FetchError, Outcome};
use rustix::net::SendFlags;
use serde::{Deserialize, Serialize};
use std::ffi::OsStr;
use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process::ExitCode;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

/// The name that it runs under; the program knows by it what it is to do.
pub(super) const NAME: &str = "aegis-courier";
/// Jobs at a time.
pub(super) const AT_ONCE: usize = 4;

/// What the courier is asked.
#[derive(Debug, Serialize, Deserialize)]
pub(super) enum Question {
    /// Who it is, and what it may do.
    Who,
    /// To do something; the answer has the number.
    Do(u64, Job),
}

/// What it answers.
#[derive(Debug, Serialize, Deserialize)]
pub(super) enum Answer {
    /// Who it is.
    Who(CourierSight),
    /// What came of a job. What it brings is a file, sent with it.
    Done(u64, Result<Outcome, FetchError>),
}

/// Where this program was begun as a courier, its whole life. Else `None`.
pub fn carry() -> Option<ExitCode> {
    if std::env::args_os().next().as_deref() != Some(OsStr::new(NAME)) {
        return None;
    }
    Some(match live() {
        Ok(()) => ExitCode::SUCCESS,
        Err(_) => ExitCode::FAILURE,
    })
}

fn live() -> io::Result<()> {
    let line = Line::of(io::stdin().as_fd().try_clone_to_owned()?);
    // One that cannot be confined wholly, as in a container that forbids it, says so and works.
    let problem = confine::courier().err();
    serve(line, problem)
}

/// Works until nobody asks any more.
pub(super) fn serve(line: Line, problem: Option<String>) -> io::Result<()> {
    let line = Arc::new(line);
    let jobs = workers(&line)?;
    loop {
        match line.receive()? {
            None => return Ok(()),
            Some((Question::Who, _)) => {
                let sight = confine::sight(problem.clone());
                line.send(&Answer::Who(sight), None, SendFlags::empty())?;
            }
            // Waits until one of them is free.
            Some((Question::Do(number, job), _)) => jobs
                .send((number, job))
                .map_err(|_| io::Error::other("nobody works"))?,
        }
    }
}

type Numbered = (u64, Job);

/// Threads that work; they are confined as the one that begins them.
fn workers(line: &Arc<Line>) -> io::Result<SyncSender<Numbered>> {
    let (jobs, taken) = sync_channel(0);
    let taken = Arc::new(Mutex::new(taken));
    for _ in 0..AT_ONCE {
        let (line, taken) = (Arc::clone(line), Arc::clone(&taken));
        let worker = thread::Builder::new().name("worker".to_owned());
        worker.spawn(move || work(&line, &taken))?;
    }
    Ok(jobs)
}

fn work(line: &Line, taken: &Mutex<Receiver<Numbered>>) {
    loop {
        let next = taken.lock().unwrap_or_else(PoisonError::into_inner).recv();
        let Ok((number, job)) = next else {
            return;
        };
        let (done, brought) = match catch_unwind(AssertUnwindSafe(|| bring(&job))) {
            Ok(Ok((outcome, file))) => (Ok(outcome), Some(file)),
            Ok(Err(error)) => (Err(error), None),
            Err(_) => (Err(kept("whoever fetched has failed")), None),
        };
        let file = brought.as_ref().map(AsFd::as_fd);
        // Where nobody listens any more, whoever receives notices as well.
        drop(line.send(&Answer::Done(number, done), file, SendFlags::empty()));
    }
}

fn bring(job: &Job) -> Result<(Outcome, OwnedFd), FetchError> {
    let mut file = body::create().map_err(kept)?;
    let outcome = job.run(&mut file)?;
    Ok((outcome, body::seal(file).map_err(kept)?))
}

fn kept(why: impl ToString) -> FetchError {
    let why = why.to_string();
    FetchError::Kept { why }
}
