//! What is around the file: its folder, and the files that SQLite keeps beside it and believes.

use super::support::{add_user, beside, database, files, mode, path_of, run_sql, set_mode, users};
use crate::support::{Database, Place, at, sqlite};
use rustix::fs::{FileType, Mode};
use std::fs;
use std::os::unix::fs::{MetadataExt, chown, symlink};
use std::path::{Path, PathBuf};
use tokctl::store::{Access, Error, Location, Problem, Result, Store, check_backup, restore};

fn create(location: &Location) -> Result<()> {
    Store::create(location, |_| Ok::<_, Error>(())).map(drop)
}

fn folder_of(location: &Location) -> &Path {
    path_of(location).parent().unwrap()
}

fn opened(location: &Location) -> Result<()> {
    let read_only = Access { read_only: true, ..Access::default() };
    let reading = Store::open_with(location, read_only).map(drop);
    let opened = Store::open(location).map(drop);
    assert_eq!(format!("{reading:?}"), format!("{opened:?}"));
    opened
}

/// Another account; `None` if this one cannot give files away.
fn stranger(file: &Path) -> Option<u32> {
    let can_give = fs::metadata(file).unwrap().uid() == 0;
    if !can_give {
        eprintln!("skipped: only root can give files away");
    }
    can_give.then_some(65534)
}

#[test]
fn a_folder_that_others_can_write_is_refused() {
    let database = database();
    let folder = folder_of(database.location());
    for (mode, refused_as_group) in
        [(0o777, true), (0o1777, true), (0o770, true), (0o775, true), (0o703, false)]
    {
        set_mode(folder, mode);
        match opened(database.location()) {
            Err(Error::WritableFolder { folder: named, by_group, is_sticky }) => {
                assert_eq!(is_sticky, mode & 0o1000 != 0);
                assert_eq!((named.as_path(), by_group), (folder, refused_as_group), "{mode:o}");
            }
            other => panic!("{mode:o}: {other:?}"),
        }
    }
    for mode in [0o700, 0o755, 0o1755] {
        set_mode(folder, mode);
        opened(database.location()).unwrap();
    }
}

#[test]
fn a_group_that_may_write_the_database_may_write_beside_it() {
    let database = database();
    set_mode(path_of(database.location()), 0o660);
    set_mode(folder_of(database.location()), 0o770);
    opened(database.location()).unwrap();
    set_mode(folder_of(database.location()), 0o777);
    assert_error!(opened(database.location()), Error::WritableFolder { by_group: false, .. });
    set_mode(folder_of(database.location()), 0o770);
    if stranger(path_of(database.location())).is_some() {
        chown(folder_of(database.location()), None, Some(65534)).unwrap();
        assert_error!(opened(database.location()), Error::WritableFolder { by_group: true, .. });
    }
}

#[test]
fn nothing_is_created_in_a_folder_that_others_can_write() {
    let place = sqlite();
    set_mode(folder_of(&place.location), 0o1777);
    assert_error!(create(&place.location), Error::WritableFolder { .. });
    assert_eq!(files(&place.location), [""; 0]);
    let below = beside(&place.location, "own/tokctl.db").into();
    create(&below).unwrap();
    opened(&below).unwrap();
}

#[test]
fn the_folders_of_a_link_and_of_its_target_count() {
    let (database, place) = (database(), sqlite());
    let link = beside(&place.location, "link");
    symlink(path_of(database.location()), &link).unwrap();
    let link = Location::from(link);
    opened(&link).unwrap();
    for folder in [folder_of(database.location()), folder_of(&link)] {
        set_mode(folder, 0o777);
        assert_error!(opened(&link), Error::WritableFolder { .. });
        set_mode(folder, 0o700);
    }
    fs::create_dir(beside(database.location(), "tokctl.db-journal")).unwrap();
    assert_error!(opened(&link), Error::SideFileKind(_));
}

#[test]
fn the_folder_belongs_to_root_or_to_who_may_write_the_database() {
    let database = database();
    let (file, folder) = (path_of(database.location()), folder_of(database.location()));
    let Some(stranger) = stranger(file) else { return };
    chown(folder, Some(stranger), None).unwrap();
    match opened(database.location()) {
        Err(Error::FolderOwner { folder: named, owner, expected }) => {
            assert_eq!((named.as_path(), owner, expected), (folder, stranger, 0));
        }
        other => panic!("{other:?}"),
    }
    chown(file, Some(stranger), None).unwrap();
    opened(database.location()).unwrap();
    chown(folder, Some(stranger + 1), None).unwrap();
    assert_error!(opened(database.location()), Error::FolderOwner { .. });
    chown(folder, Some(0), None).unwrap();
    opened(database.location()).unwrap();
}

/// A database in the folder `in` of another folder, which is returned, too.
fn nested() -> (Place, Location, PathBuf) {
    let place = sqlite();
    let location = Location::from(beside(&place.location, "in/tokctl.db"));
    create(&location).unwrap();
    let above = folder_of(&place.location).to_path_buf();
    (place, location, above)
}

#[test]
fn no_folder_that_leads_to_the_database_can_be_replaced() {
    let (_place, location, above) = nested();
    for mode in [0o777, 0o707] {
        set_mode(&above, mode);
        match opened(&location) {
            Err(Error::WritableFolder { folder, by_group: false, is_sticky: false }) => {
                assert_eq!(folder, above);
            }
            other => panic!("{mode:o}: {other:?}"),
        }
    }
    for mode in [0o755, 0o1777, 0o1755] {
        set_mode(&above, mode);
        opened(&location).unwrap();
    }
    let Some(stranger) = stranger(&above) else { return };
    set_mode(&above, 0o775);
    // The group of the account itself, and another one.
    opened(&location).unwrap();
    chown(&above, None, Some(stranger)).unwrap();
    assert_error!(opened(&location), Error::WritableFolder { by_group: true, .. });
    set_mode(&above, 0o755);
    chown(&above, Some(stranger), None).unwrap();
    assert_error!(opened(&location), Error::FolderOwner { .. });
    chown(path_of(&location), Some(stranger), None).unwrap();
    opened(&location).unwrap();
}

#[test]
fn nothing_is_created_below_a_folder_in_which_it_could_be_replaced() {
    let place = sqlite();
    let below = Location::from(beside(&place.location, "in/tokctl.db"));
    set_mode(folder_of(&place.location), 0o777);
    assert_error!(create(&below), Error::WritableFolder { .. });
    assert_error!(restore_to(&below, path_of(database().location())), Error::WritableFolder { .. });
    assert_eq!(files(&place.location), [""; 0]);
}

#[test]
fn every_link_on_the_way_counts() {
    let (place, location, above) = nested();
    let elsewhere = sqlite();
    // `first`, in a folder of its own, leads to `second`, and that to the folder above the database.
    let second = beside(&elsewhere.location, "second");
    symlink(&above, &second).unwrap();
    let first = beside(&place.location, "first");
    symlink(&second, &first).unwrap();
    let through = Location::from(first.join("in/../in/tokctl.db"));
    opened(&through).unwrap();
    set_mode(folder_of(&elsewhere.location), 0o777);
    assert_error!(opened(&through), Error::WritableFolder { .. });
    set_mode(folder_of(&elsewhere.location), 0o1777);
    opened(&through).unwrap();
    opened(&location).unwrap();
    if let Some(stranger) = stranger(&above) {
        std::os::unix::fs::lchown(&second, Some(stranger), None).unwrap();
        assert_error!(opened(&through), Error::FolderOwner { .. });
    }
}

#[test]
fn links_in_a_circle_end() {
    let place = sqlite();
    symlink("tokctl.db", path_of(&place.location)).unwrap();
    assert_error!(opened(&place.location), Error::CannotOpen(_));
}

/// A pipe, which would block SQLite for ever.
fn make_pipe(path: &Path) {
    rustix::fs::mknodat(rustix::fs::CWD, path, FileType::Fifo, Mode::from(0o600), 0).unwrap();
}

#[test]
fn a_side_file_that_is_not_a_regular_file_is_refused() {
    let database = database();
    let check = |name: &str, make: &dyn Fn(&Path)| {
        let side = beside(database.location(), name);
        make(&side);
        match opened(database.location()) {
            Err(Error::SideFileKind(named)) => assert_eq!(named, side),
            other => panic!("{name}: {other:?}"),
        }
        fs::remove_file(&side).or_else(|_| fs::remove_dir(&side)).unwrap();
    };
    for name in ["tokctl.db-journal", "tokctl.db-wal"] {
        check(name, &make_pipe);
        check(name, &|path| fs::create_dir(path).unwrap());
        check(name, &|path| symlink("elsewhere", path).unwrap());
    }
    fs::write(beside(database.location(), "tokctl.db-wal"), "").unwrap();
    check("tokctl.db-shm", &make_pipe);
    opened(database.location()).unwrap();
}

#[test]
fn a_side_file_of_a_stranger_is_refused() {
    let database = database();
    let Some(stranger) = stranger(path_of(database.location())) else { return };
    let journal = beside(database.location(), "tokctl.db-journal");
    fs::write(&journal, "").unwrap();
    opened(database.location()).unwrap();
    fs::write(&journal, "").unwrap();
    chown(&journal, Some(stranger), None).unwrap();
    assert_error!(opened(database.location()), Error::SideFileOwner { .. });
    // It is the owner's.
    chown(path_of(database.location()), Some(stranger), None).unwrap();
    opened(database.location()).unwrap();
}

#[test]
fn what_is_left_of_a_deleted_database_gets_into_no_new_one() {
    for name in ["tokctl.db-journal", "tokctl.db-wal"] {
        let place = sqlite();
        let left = beside(&place.location, name);
        fs::write(&left, "left").unwrap();
        assert_error!(create(&place.location), Error::SideFileLeft(_));
        let backup = database();
        let restored = restore(path_of(backup.location()), &place.location, at(0), &mut |_, _| {});
        assert_error!(restored, Error::SideFileLeft(_));
        assert_eq!(files(&place.location), [name]);
    }
}

/// A database, and a backup of it in a folder where every account can create files.
fn backup_among_others() -> (Database, PathBuf, Place) {
    let (database, place) = (database(), sqlite());
    database.user("alice");
    set_mode(folder_of(&place.location), 0o1777);
    // A name that means something in a URI.
    let backup = beside(&place.location, "a b?mode=memory#%41.db");
    database.store.back_up(&backup, false, &mut |_, _| {}).unwrap();
    (database, backup, place)
}

fn restore_to(location: &Location, backup: &Path) -> Result<Option<PathBuf>> {
    restore(backup, location, at(0), &mut |_, _| {})
}

#[test]
fn a_backup_can_be_made_and_restored_where_others_can_create_files() {
    let (database, backup, _place) = backup_among_others();
    database.user("bob");
    check_backup(&backup).unwrap();
    restore_to(database.location(), &backup).unwrap();
    assert_eq!(users(database.location()), ["alice"]);
}

#[test]
fn nothing_beside_a_backup_is_believed_where_others_can_create_files() {
    let (database, backup, _place) = backup_among_others();
    for suffix in ["-journal", "-wal"] {
        let planted = PathBuf::from(format!("{}{suffix}", backup.display()));
        fs::write(&planted, "planted").unwrap();
        match check_backup(&backup) {
            Err(Error::InvalidBackup(why)) => {
                assert!(matches!(*why, Error::SideFileLeft(_)), "{why:?}");
            }
            other => panic!("{other:?}"),
        }
        assert_error!(restore_to(database.location(), &backup), Error::SideFileLeft(_));
        fs::remove_file(&planted).unwrap();
    }
}

#[test]
fn another_name_of_the_file_is_a_problem() {
    let database = database();
    assert_eq!(database.store.problems(at(0)).unwrap(), []);
    fs::hard_link(path_of(database.location()), beside(database.location(), "other")).unwrap();
    assert_eq!(database.store.problems(at(0)).unwrap(), [Problem::HardLinks(2)]);
}

#[test]
fn a_restored_database_belongs_to_whom_the_old_one_did() {
    let database = database();
    let Some(stranger) = stranger(path_of(database.location())) else { return };
    let backup = beside(database.location(), "backup");
    database.store.back_up(&backup, false, &mut |_, _| {}).unwrap();
    let is_kept = |location: &Location, expected: u32| {
        let kept = restore_to(location, &backup).unwrap();
        for file in kept.iter().map(PathBuf::as_path).chain([path_of(location)]) {
            assert_eq!(fs::metadata(file).unwrap().uid(), stranger);
            assert_eq!(mode(file), expected, "{}", file.display());
        }
    };
    // Whole, then broken, then missing: then it is whose the folder is.
    set_mode(path_of(database.location()), 0o640);
    chown(path_of(database.location()), Some(stranger), Some(stranger)).unwrap();
    is_kept(database.location(), 0o640);
    fs::write(path_of(database.location()), "broken").unwrap();
    is_kept(database.location(), 0o640);
    fs::remove_file(path_of(database.location())).unwrap();
    chown(folder_of(database.location()), Some(stranger), Some(stranger)).unwrap();
    is_kept(database.location(), 0o600);
}

#[test]
fn a_view_in_the_place_of_a_table_is_not_computed() {
    let database = database();
    run_sql(
        path_of(database.location()),
        // It would count for days.
        "ALTER TABLE settings RENAME TO hidden;
         CREATE VIEW settings AS SELECT count(*) AS key, 1 AS value FROM sqlite_schema a,
             sqlite_schema b, sqlite_schema c, sqlite_schema d, sqlite_schema e, sqlite_schema f,
             sqlite_schema g, sqlite_schema h, sqlite_schema i, sqlite_schema j",
    );
    let read = database.another().read(|rows| rows.look_up(&[[0; 32]]));
    assert!(matches!(&read, Err(Error::Other(why)) if why.contains("view")), "{read:?}");
}

#[test]
fn a_planted_trigger_does_not_run_in_what_a_verification_writes() {
    let database = database();
    let owner = database.user("alice");
    let token = database.token(&crate::support::new_token(owner, 1));
    run_sql(
        path_of(database.location()),
        "CREATE TRIGGER planted AFTER UPDATE ON tokens
         BEGIN SELECT RAISE(ABORT, 'planted'); END",
    );
    let store = database.another();
    store.record(|rows| rows.touch(&[token], at(5))).unwrap();
    // The schema's own trigger still runs where it is needed.
    add_user(&store, "bob").unwrap();
}

#[test]
fn an_error_does_not_quote_the_schema() {
    let database = database();
    run_sql(path_of(database.location()), "PRAGMA user_version = 0");
    match Store::open(database.location()).err() {
        Some(Error::SchemaUpgrade(why)) => assert_eq!(why, "table users already exists"),
        other => panic!("{other:?}"),
    }
}
