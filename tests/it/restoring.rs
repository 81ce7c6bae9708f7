//! Backups and the way back: only a complete backup of ours is taken, what goes is kept, and a kill leaves nothing half.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Output, Stdio};

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode};
use sqlx::{AssertSqlSafe, ConnectOptions, Connection};
use tempfile::TempDir;

use crate::keeping::{
    DATABASE, EARLIER, backed_up, by_hand, damage, destroy, edit, exported, folder, names, pages,
    unpacked,
};
use crate::process::{Process, command, contents, epochcast, text};

fn restored(dir: &Path, args: &[&str]) -> Output {
    epochcast(dir, &[&["restore"], args].concat())
}

/// The copies that restores have kept.
fn kept(dir: &Path) -> Vec<String> {
    let entries = fs::read_dir(dir).unwrap().map(Result::unwrap);
    let mut kept: Vec<String> = entries
        .map(|entry| entry.file_name().into_string().unwrap())
        .collect();
    kept.retain(|name| name.contains(".before-restore-"));
    kept
}

/// Makes sure that `file` is refused for `reason`, and that nothing has changed.
fn refused(dir: &Path, file: &str, reason: &str) {
    let before = contents(dir);
    let done = restored(dir, &[file, "--yes"]);
    let told = text(&done.stderr);
    assert_eq!(done.status.code(), Some(1), "{file}: {told}");
    assert!(done.stdout.is_empty(), "{}", text(&done.stdout));
    assert_eq!(told.lines().count(), 1, "{told}");
    assert!(told.contains(reason), "{file}: {told}");
    assert_eq!(contents(dir), before, "{file}");
}

#[tokio::test]
async fn a_file_that_is_no_complete_backup_of_ours_is_refused_with_the_reason() {
    let dir = folder().await;
    let dir = dir.path();
    epochcast(dir, &["token", "create", "--name", "x", "--scope", "read"]);
    let good = backed_up(dir, "good.db");
    let whole = fs::read(&good).unwrap();
    let file = |name: &str, bytes: &[u8]| fs::write(dir.join(name), bytes).unwrap();
    file("empty.db", b"");
    file("text.db", &b"no database ".repeat(20));
    file("short.db", &whole[..50]);
    file("half.db", &whole[..whole.len() / 2]);
    file("long.db", &[&whole[..], &[0; 4096]].concat());
    file("journal.db", &whole);
    file("journal.db-journal", b"x");
    file("log.db", &whole);
    file("log.db-wal", b"");
    fs::create_dir(dir.join("folder.db")).unwrap();
    fs::copy(dir.join(DATABASE), dir.join("plain.db")).unwrap();
    fs::hard_link(dir.join(DATABASE), dir.join("link.db")).unwrap();
    for (name, reason) in [
        ("none.db", "there is no such file"),
        ("folder.db", "it is no file"),
        (DATABASE, "it is the database itself"),
        ("link.db", "it is the database itself"),
        ("empty.db", "it is empty (0 bytes)"),
        ("text.db", "it is no SQLite database"),
        ("short.db", "it is no SQLite database"),
        ("half.db", "bytes, and its header says"),
        ("long.db", "bytes, and its header says"),
        ("journal.db", "journal.db-journal lies beside it"),
        ("log.db", "log.db-wal lies beside it"),
        ("plain.db", "a database in use or a plain copy of one"),
    ] {
        refused(dir, name, reason);
    }
}

#[tokio::test]
async fn a_backup_that_is_not_as_it_was_made_is_refused_with_the_reason() {
    let dir = folder().await;
    let dir = dir.path();
    let good = backed_up(dir, "good.db");
    for (sql, reason) in [
        (
            "delete from meta where name = 'backup'",
            "it lacks the mark of a complete backup",
        ),
        (
            "update meta set value = replace(value, '\"rows\":961', '\"rows\":9') where name = 'backup'",
            "and its mark says 9 timings",
        ),
        (
            "update tokens set scope = 'admin' where name = 'me'",
            "it is damaged: token 1",
        ),
        (
            "update tokens set revoked_at = null where name = 'gone'",
            "it is damaged: token 2",
        ),
        (
            "delete from measurements where id = 5",
            "it is damaged: upload 1",
        ),
        (
            "update _sqlx_migrations set success = 0 where version = 2",
            "no release from 0.1.0 on",
        ),
        (
            "delete from _sqlx_migrations where version = 1",
            "no release from 0.1.0 on",
        ),
    ] {
        fs::copy(&good, dir.join("edited.db")).unwrap();
        edit(&dir.join("edited.db"), sql).await;
        refused(dir, "edited.db", reason);
    }
    fs::copy(&good, dir.join("edited.db")).unwrap();
    edit(
        &dir.join("edited.db"),
        "insert into _sqlx_migrations (version, description, success, checksum, execution_time) values (9999, 'later', 1, x'00', 0)",
    )
    .await;
    refused(dir, "edited.db", "it was made by epochcast");
    for table in ["measurements", "tokens", "uploads"] {
        fs::copy(&good, dir.join("edited.db")).unwrap();
        let page = pages(&dir.join("edited.db"), table).await[0];
        destroy(&dir.join("edited.db"), page);
        refused(dir, "edited.db", "cannot be restored: it is damaged");
    }
}

#[tokio::test]
async fn a_database_of_another_program_and_one_without_tables_are_refused() {
    let dir = folder().await;
    let dir = dir.path();
    for (name, sql, reason) in [
        (
            "foreign.db",
            "create table users (name text)",
            "tables of another program",
        ),
        ("nothing.db", "pragma user_version = 7", "it holds nothing"),
    ] {
        let options = SqliteConnectOptions::new().filename(dir.join(name));
        let options = options
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Delete);
        let mut db = options.connect().await.unwrap();
        sqlx::query(sql).execute(&mut db).await.unwrap();
        db.close().await.unwrap();
        refused(dir, name, reason);
    }
}

#[tokio::test]
async fn it_says_what_goes_and_what_comes_and_asks_for_a_yes() {
    let dir = folder().await;
    let dir = dir.path();
    backed_up(dir, "copy.db");
    epochcast(dir, &["token", "create", "--name", "x", "--scope", "read"]);
    let before = contents(dir);
    let done = command(dir, &["restore", "copy.db"])
        .stdin(Stdio::null())
        .output()
        .unwrap();
    assert_eq!(done.status.code(), Some(1));
    assert!(
        text(&done.stderr).contains("add --yes"),
        "{}",
        text(&done.stderr)
    );
    let said = text(&done.stdout);
    for words in [
        "goes:  epochcast.db: 961 timings of 7 platforms in 5 uploads, 3 tokens, data version ",
        "comes: copy.db: 961 timings of 7 platforms in 5 uploads, 2 tokens, data version ",
        "made by epochcast ",
    ] {
        assert!(said.contains(words), "{words} is not in\n{said}");
    }
    assert_eq!(contents(dir), before);
    assert_eq!(
        restored(dir, &["copy.db", "--no-such"]).status.code(),
        Some(2)
    );
    assert_eq!(restored(dir, &[]).status.code(), Some(2));
}

#[tokio::test]
async fn what_is_replaced_is_kept_as_a_backup_that_brings_it_back() {
    let dir = folder().await;
    let dir = dir.path();
    backed_up(dir, "copy.db");
    let then = exported(dir);
    fs::write(
        dir.join("more.csv"),
        "platform,mode,label,name,images_per_second\nmine,train,new,ResNet-50,99\n",
    )
    .unwrap();
    assert!(epochcast(dir, &["import", "more.csv"]).status.success());
    let now = exported(dir);
    assert_ne!(then, now);
    let done = restored(dir, &["copy.db", "--yes"]);
    assert!(done.status.success(), "{}", text(&done.stderr));
    assert_eq!(exported(dir), then);
    let [kept] = &kept(dir)[..] else {
        panic!("{:?}", names(dir))
    };
    assert!(
        text(&done.stdout).contains(&format!("kept:  {kept}")),
        "{}",
        text(&done.stdout)
    );
    assert_eq!(damage(&dir.join(DATABASE)).await, []);
    let back = restored(dir, &[kept, "--yes"]);
    assert!(back.status.success(), "{}", text(&back.stderr));
    assert_eq!(exported(dir), now);
    assert_eq!(damage(&dir.join(DATABASE)).await, []);
    assert!(
        !names(dir).iter().any(|name| name.contains("unfinished")),
        "{:?}",
        names(dir)
    );
}

/// The log of who did what, the newest first.
fn logged(dir: &Path) -> Vec<String> {
    let log: Value = serde_json::from_slice(&epochcast(dir, &["audit", "--json"]).stdout).unwrap();
    let entry = |entry: &Value| {
        let word = |name: &str| entry[name].as_str().unwrap_or_default().to_owned();
        let why = word("reason");
        let end = if why.is_empty() { "" } else { ": " };
        format!("{} {}{end}{why}", word("by"), word("action"))
    };
    log["entries"]
        .as_array()
        .unwrap()
        .iter()
        .map(entry)
        .collect()
}

#[tokio::test]
async fn a_restore_is_in_the_log_and_says_where_the_log_that_it_replaced_is_kept() {
    let dir = folder().await;
    let dir = dir.path();
    backed_up(dir, "copy.db");
    let then = logged(dir);
    epochcast(
        dir,
        &["token", "create", "--name", "new", "--scope", "read"],
    );
    let now = logged(dir);
    assert_eq!(now[1..], then);
    assert!(restored(dir, &["copy.db", "--yes"]).status.success());
    let [name] = &kept(dir)[..] else {
        panic!("{:?}", names(dir))
    };
    let entry = format!(
        "command line backup_restored: copy.db was restored; what was there, with its log, is kept in {name}"
    );
    assert_eq!(logged(dir), [&[entry], &then[..]].concat());
    assert_eq!(damage(&dir.join(DATABASE)).await, []);
    // The way back has the other log, and is in it too.
    assert!(restored(dir, &[name, "--yes"]).status.success());
    let back = logged(dir);
    assert!(
        back[0].contains(&format!("{name} was restored")),
        "{back:?}"
    );
    assert_eq!(back[1..], now);
}

#[tokio::test]
async fn a_token_that_was_revoked_since_stays_so_unless_asked() {
    for (flags, note, revoked) in [
        (&[][..], "revoked since, and stay so: 1", 2),
        (&["--revive-tokens"], "revoked since, and hold again: 1", 1),
    ] {
        let dir = folder().await;
        let dir = dir.path();
        backed_up(dir, "copy.db");
        assert!(
            epochcast(dir, &["token", "revoke", "--name", "me"])
                .status
                .success()
        );
        let done = restored(dir, &[&["copy.db", "--yes"], flags].concat());
        assert!(text(&done.stdout).contains(note), "{}", text(&done.stdout));
        let listed = epochcast(dir, &["token", "list"]);
        assert_eq!(text(&listed.stdout).matches("revoked").count(), revoked);
        assert_eq!(damage(&dir.join(DATABASE)).await, []);
    }
}

#[tokio::test]
async fn a_running_server_goes_on_with_what_was_restored() {
    let dir = folder().await;
    let dir = dir.path();
    let server = Process::start(dir, &[]);
    backed_up(dir, "copy.db");
    let there = || {
        server
            .get("/v1/measurements?label=new")
            .body
            .contains("\"new\"")
    };
    fs::write(
        dir.join("more.csv"),
        "platform,mode,label,name,images_per_second\nmine,train,new,ResNet-50,99\n",
    )
    .unwrap();
    assert!(epochcast(dir, &["import", "more.csv"]).status.success());
    assert!(there());
    assert!(restored(dir, &["copy.db", "--yes"]).status.success());
    assert!(!there());
    assert_eq!(server.get("/readyz").status, 200);
    assert_eq!(
        text(&epochcast(dir, &["verify"]).stdout),
        "no damage found\n"
    );
}

#[tokio::test]
async fn backups_of_earlier_releases_are_restored_and_said_to_be_such() {
    for (release, packed) in EARLIER {
        let old = TempDir::new().unwrap();
        fs::write(old.path().join("old.db"), unpacked(packed)).unwrap();
        let mut db = by_hand(&old.path().join("old.db")).await;
        let dir = folder().await;
        let dir = dir.path();
        // As those releases made them.
        let sql = format!("vacuum into '{}'", dir.join("copy.db").display());
        sqlx::query(AssertSqlSafe(sql))
            .execute(&mut db)
            .await
            .unwrap();
        let rows: i64 =
            sqlx::query_scalar("select count(*) from measurements where removed_at is null")
                .fetch_one(&mut db)
                .await
                .unwrap();
        db.close().await.unwrap();
        let before = fs::read(dir.join("copy.db")).unwrap();
        let done = restored(dir, &["copy.db", "--yes"]);
        assert!(done.status.success(), "{release}: {}", text(&done.stderr));
        let said = text(&done.stdout);
        assert!(said.contains("made by a release before 0.6.0"), "{said}");
        assert_eq!(
            i64::try_from(exported(dir).lines().count()),
            Ok(rows),
            "{release}"
        );
        assert_eq!(damage(&dir.join(DATABASE)).await, [], "{release}");
        assert_eq!(fs::read(dir.join("copy.db")).unwrap(), before);
        let mut edited = before.clone();
        let half = edited.len() / 2;
        edited.truncate(half / 4096 * 4096);
        fs::write(dir.join("half.db"), edited).unwrap();
        refused(dir, "half.db", "bytes, and its header says");
    }
}

#[tokio::test]
async fn a_backup_is_restored_where_the_database_is_gone_or_destroyed_and_what_is_left_is_kept() {
    let dir = folder().await;
    let dir = dir.path();
    backed_up(dir, "copy.db");
    let (then, whole) = (exported(dir), fs::read(dir.join(DATABASE)).unwrap());
    let half = &whole[..whole.len() / 8192 * 4096];
    for (how, broken) in [
        ("gone", None),
        ("empty", Some(Vec::new())),
        ("half", Some(half.to_vec())),
        ("no database", Some(b"no database".repeat(1000))),
    ] {
        for name in kept(dir) {
            fs::remove_file(dir.join(name)).unwrap();
        }
        match &broken {
            Some(bytes) => fs::write(dir.join(DATABASE), bytes).unwrap(),
            None => fs::remove_file(dir.join(DATABASE)).unwrap(),
        }
        let done = restored(dir, &["copy.db", "--yes"]);
        assert!(done.status.success(), "{how}: {}", text(&done.stderr));
        assert_eq!(exported(dir), then, "{how}");
        assert_eq!(damage(&dir.join(DATABASE)).await, [], "{how}");
        let name = kept(dir).pop();
        let before = name.as_ref().map_or_else(
            || "nothing was there".to_owned(),
            |name| format!("what was there, with its log, is kept in {name}"),
        );
        assert_eq!(
            logged(dir)[0],
            format!("command line backup_restored: copy.db was restored; {before}"),
            "{how}"
        );
        let left = name.map(|name| fs::read(dir.join(name)).unwrap());
        assert_eq!(left, broken, "{how}");
    }
}

#[tokio::test]
async fn a_backup_takes_no_name_that_is_taken_and_leaves_nothing_where_it_fails() {
    let dir = folder().await;
    let dir = dir.path();
    fs::write(dir.join("taken.db"), b"mine").unwrap();
    let before = contents(dir);
    for (name, told) in [
        ("taken.db", "there is a file of this name already"),
        ("none/copy.db", "No such file or directory"),
    ] {
        let done = epochcast(dir, &["backup", name]);
        assert_eq!(done.status.code(), Some(1));
        assert!(text(&done.stderr).contains(told), "{}", text(&done.stderr));
        assert_eq!(contents(dir), before);
    }
}

/// The unfinished files of a folder, in which another process may be at work.
fn unfinished(dir: &Path) -> Vec<PathBuf> {
    let entries = |dir: &Path| fs::read_dir(dir).into_iter().flatten().flatten();
    let paths = entries(dir).map(|entry| entry.path());
    let hidden = paths.filter(|path| path.to_string_lossy().contains("unfinished"));
    hidden
        .flat_map(|path| {
            entries(&path)
                .map(|entry| entry.path())
                .chain([path.clone()])
                .collect::<Vec<_>>()
        })
        .collect()
}

/// Starts `args`, and sends `signal` once `until` is so or it has ended.
fn killed(dir: &Path, args: &[&str], (signal, until): (Signal, &dyn Fn() -> bool)) {
    let mut child = command(dir, args)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    while !until() && child.try_wait().unwrap().is_none() {}
    let _ = kill_process(Pid::from_child(&child), signal);
    child.wait().unwrap();
}

#[tokio::test]
async fn a_backup_that_is_killed_leaves_no_file_of_its_name_and_the_next_clears_up() {
    let dir = folder().await;
    let dir = dir.path();
    let size = |file: &PathBuf| fs::metadata(file).map_or(0, |file| file.len());
    for (turn, signal) in [Signal::KILL, Signal::TERM]
        .repeat(4)
        .into_iter()
        .enumerate()
    {
        let bytes = u64::try_from(turn).unwrap() * 50_000;
        let written = || unfinished(dir).iter().any(|file| size(file) >= bytes);
        killed(dir, &["backup", "copy.db"], (signal, &written));
        if dir.join("copy.db").exists() {
            // It was quicker.
            assert_eq!(damage(&dir.join("copy.db")).await, []);
            fs::remove_file(dir.join("copy.db")).unwrap();
        }
    }
    backed_up(dir, "copy.db");
    assert_eq!(unfinished(dir), [""; 0].map(PathBuf::from));
    assert!(restored(dir, &["copy.db", "--yes"]).status.success());
}

#[tokio::test]
async fn a_restore_that_is_killed_leaves_all_as_it_was_or_as_it_shall_be_and_the_next_start_clears_up()
 {
    let dir = folder().await;
    let dir = dir.path();
    backed_up(dir, "copy.db");
    let then = exported(dir);
    fs::write(
        dir.join("more.csv"),
        "platform,mode,label,name,images_per_second\nmine,train,new,ResNet-50,99\n",
    )
    .unwrap();
    assert!(epochcast(dir, &["import", "more.csv"]).status.success());
    let now = exported(dir);
    for stage in 0..5 {
        let before = kept(dir).len();
        let at = || match stage {
            0 => !unfinished(dir).is_empty(),
            1 => unfinished(dir)
                .iter()
                .any(|file| file.ends_with("restore.db")),
            2 => unfinished(dir)
                .iter()
                .any(|file| file.ends_with("backup.db")),
            3 => kept(dir).len() > before,
            // To its end.
            _ => false,
        };
        killed(dir, &["restore", "copy.db", "--yes"], (Signal::KILL, &at));
        let there = exported(dir);
        assert!(there == then || there == now, "stage {stage}");
        assert_eq!(
            text(&epochcast(dir, &["verify"]).stdout),
            "no damage found\n"
        );
        for name in kept(dir) {
            assert_eq!(damage(&dir.join(name)).await, []);
        }
    }
    drop(Process::start(dir, &[]));
    assert_eq!(unfinished(dir), [""; 0].map(PathBuf::from));
}

/// What a start in `dir` says that does not serve.
fn no_start(dir: &Path, args: &[&str]) -> String {
    let start = epochcast(dir, &[&["--listen", "127.0.0.1:0"], args].concat());
    assert_eq!(start.status.code(), Some(1), "{}", text(&start.stdout));
    assert!(start.stdout.is_empty());
    let told = text(&start.stderr);
    assert_eq!(told.lines().count(), 1, "{told}");
    told.to_owned()
}

#[tokio::test]
async fn a_database_truncated_to_nothing_is_an_error_and_no_new_one() {
    let dir = folder().await;
    let dir = dir.path();
    fs::write(dir.join(DATABASE), b"").unwrap();
    for command in [&[][..], &["--check", "off"], &["--read-only"]] {
        let told = no_start(dir, command);
        assert!(told.contains("empty (0 bytes)"), "{told}");
        assert!(told.contains("epochcast restore"), "{told}");
    }
    let token = epochcast(dir, &["token", "create", "--name", "x", "--scope", "read"]);
    assert_eq!(token.status.code(), Some(1));
    assert_eq!(fs::read(dir.join(DATABASE)).unwrap(), b"");
    fs::remove_file(dir.join(DATABASE)).unwrap();
    fs::write(dir.join("epochcast.db-wal"), b"a log").unwrap();
    let told = no_start(dir, &[]);
    assert!(
        told.contains("epochcast.db-wal is, which is a part of it"),
        "{told}"
    );
    assert_eq!(fs::read(dir.join("epochcast.db-wal")).unwrap(), b"a log");
    fs::remove_file(dir.join("epochcast.db-wal")).unwrap();
    drop(Process::start(dir, &[]));
}

#[tokio::test]
async fn a_start_looks_at_the_database_as_closely_as_it_is_told() {
    let dir = folder().await;
    let dir = dir.path();
    edit(
        &dir.join(DATABASE),
        "update tokens set scope = 'admin' where name = 'me'",
    )
    .await;
    let told = no_start(dir, &["--check", "full"]);
    assert!(
        told.contains("is damaged: token 1") && told.contains("epochcast verify"),
        "{told}"
    );
    drop(Process::start(dir, &[]));
    let page = pages(&dir.join(DATABASE), "rejections").await[0];
    destroy(&dir.join(DATABASE), page);
    let told = no_start(dir, &[]);
    assert!(told.contains("is damaged: database: "), "{told}");
    drop(Process::start(dir, &["--check", "off"]));
    let wrong = epochcast(dir, &["--check", "some"]);
    assert_eq!(wrong.status.code(), Some(2));
    assert!(text(&wrong.stderr).contains("off, quick or full"));
}
