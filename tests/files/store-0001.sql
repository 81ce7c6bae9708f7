pragma foreign_keys = off;
BEGIN TRANSACTION;
CREATE TABLE _sqlx_migrations (
    version BIGINT PRIMARY KEY,
    description TEXT NOT NULL,
    installed_on TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP,
    success BOOLEAN NOT NULL,
    checksum BLOB NOT NULL,
    execution_time BIGINT NOT NULL
);
INSERT INTO "_sqlx_migrations" VALUES(1,'measurements','2026-11-24 08:53:09',1,X'06479558972F1538353B0ED26BA73DF794E1E61900144D6F03E92BB0015E1505CA8AFA4624FE56BDD2EEEE4DCBB06B1D',1126190);
CREATE TABLE data_version (
    version bigint not null
);
INSERT INTO "data_version" VALUES(7);
CREATE TABLE measurements (
    id bigint not null primary key,
    upload bigint not null references uploads (id),
    line bigint not null,
    platform text not null references platforms (id),
    mode text not null,
    label text,
    family text,
    -- JSON as it was sent: a name, or a full description.
    model text,
    scaling text,
    -- In place of `model`.
    flops double precision,
    params double precision,
    acts double precision,
    resolution bigint,
    batch_size bigint,
    images_per_second double precision,
    step_seconds double precision,
    epoch_seconds double precision,
    dataset_images bigint,
    measured_at text,
    source text,
    noise double precision,
    -- Hash of all that makes two rows the same timing.
    identity text not null,
    -- Why it is kept out of the fits; null: it is in them.
    quarantined text,
    -- When it was taken out by its owner; null: it was not.
    removed_at bigint
);
INSERT INTO "measurements" VALUES(1,1,1,'v100x8-pycls','train','EfficientNet-B0','efficientnet','{"name":"EfficientNet-B0"}',NULL,NULL,NULL,NULL,NULL,256,NULL,0.0633,NULL,NULL,NULL,'pycls model zoo, commit 35429e83 (MIT)',NULL,'47a13d2b220fac48c6e4e98bf9dc776f',NULL,NULL);
INSERT INTO "measurements" VALUES(2,1,2,'v100x8-pycls','train','EfficientNet-B2','efficientnet','{"name":"EfficientNet-B2"}',NULL,NULL,NULL,NULL,NULL,256,NULL,0.1178,NULL,NULL,NULL,'pycls model zoo, commit 35429e83 (MIT)',NULL,'81b34a40c0cf3dcd23f14dd6afc1611a',NULL,NULL);
INSERT INTO "measurements" VALUES(3,1,3,'v100x8-pycls','train','EfficientNet-B3','efficientnet','{"name":"EfficientNet-B3"}',NULL,NULL,NULL,NULL,NULL,256,NULL,0.19,NULL,NULL,NULL,'pycls model zoo, commit 35429e83 (MIT)',NULL,'3e220304058cf98dd00de17f3e6957c0',NULL,NULL);
INSERT INTO "measurements" VALUES(4,1,4,'v100x8-pycls','train','EfficientNet-B4','efficientnet','{"name":"EfficientNet-B4"}',NULL,NULL,NULL,NULL,NULL,128,NULL,0.2053,NULL,NULL,NULL,'pycls model zoo, commit 35429e83 (MIT)',NULL,'76d3033cc60200a9ddfa9513e489d1c3',NULL,NULL);
INSERT INTO "measurements" VALUES(5,1,5,'v100x8-pycls','train','EfficientNet-B5','efficientnet','{"name":"EfficientNet-B5"}',NULL,NULL,NULL,NULL,NULL,64,NULL,0.2204,NULL,NULL,NULL,'pycls model zoo, commit 35429e83 (MIT)',NULL,'e63cf58e425cacbde00a1f34dc9723e3',NULL,1795510391432);
INSERT INTO "measurements" VALUES(6,1,6,'v100x8-pycls','train','RegNetX-1.6GF','regnetx','{"name":"RegNetX-1.6GF"}',NULL,NULL,NULL,NULL,NULL,1024,NULL,0.2565,NULL,NULL,NULL,'pycls model zoo, commit 35429e83 (MIT)',NULL,'1a873c790517e573dfd48475decb3fcf',NULL,NULL);
INSERT INTO "measurements" VALUES(7,1,7,'v100x8-pycls','train','RegNetX-12GF','regnetx','{"name":"RegNetX-12GF"}',NULL,NULL,NULL,NULL,NULL,512,NULL,0.4985,NULL,NULL,NULL,'pycls model zoo, commit 35429e83 (MIT)',NULL,'e7f840f0808275cac5f2d6b6f9bde0c2',NULL,NULL);
INSERT INTO "measurements" VALUES(8,1,8,'v100x8-pycls','train','RegNetX-16GF','regnetx','{"name":"RegNetX-16GF"}',NULL,NULL,NULL,NULL,NULL,512,NULL,0.5947,NULL,NULL,NULL,'pycls model zoo, commit 35429e83 (MIT)',NULL,'7a6a9f58731780c9b33f210f41cb2d52',NULL,NULL);
INSERT INTO "measurements" VALUES(9,1,9,'v100x8-pycls','train','RegNetX-3.2GF','regnetx','{"name":"RegNetX-3.2GF"}',NULL,NULL,NULL,NULL,NULL,512,NULL,0.2167,NULL,NULL,NULL,'pycls model zoo, commit 35429e83 (MIT)',NULL,'0d4cf7a6be8c0989b5fac93f483c5ff2',NULL,NULL);
INSERT INTO "measurements" VALUES(10,1,10,'v100x8-pycls','train','RegNetX-4.0GF','regnetx','{"name":"RegNetX-4.0GF"}',NULL,NULL,NULL,NULL,NULL,512,NULL,0.257,NULL,NULL,NULL,'pycls model zoo, commit 35429e83 (MIT)',NULL,'9b0c4124ca7d1b73113636299a654da6',NULL,NULL);
INSERT INTO "measurements" VALUES(11,1,11,'v100x8-pycls','train','RegNetX-400MF','regnetx','{"name":"RegNetX-400MF"}',NULL,NULL,NULL,NULL,NULL,1024,NULL,0.1206,NULL,NULL,NULL,'pycls model zoo, commit 35429e83 (MIT)',NULL,'1eb99882ec3f2325f34ee41670472384',NULL,NULL);
INSERT INTO "measurements" VALUES(12,1,12,'v100x8-pycls','train','RegNetX-600MF','regnetx','{"name":"RegNetX-600MF"}',NULL,NULL,NULL,NULL,NULL,1024,NULL,0.1307,NULL,NULL,NULL,'pycls model zoo, commit 35429e83 (MIT)',NULL,'a28231ab87c61a9a1931505b86715ba2',NULL,NULL);
INSERT INTO "measurements" VALUES(13,1,13,'v100x8-pycls','train','RegNetX-8.0GF','regnetx','{"name":"RegNetX-8.0GF"}',NULL,NULL,NULL,NULL,NULL,512,NULL,0.3414,NULL,NULL,NULL,'pycls model zoo, commit 35429e83 (MIT)',NULL,'71a7323bec9db95425639d6f098d8e12',NULL,NULL);
INSERT INTO "measurements" VALUES(14,1,14,'v100x8-pycls','train','RegNetX-800MF','regnetx','{"name":"RegNetX-800MF"}',NULL,NULL,NULL,NULL,NULL,1024,NULL,0.1698,NULL,NULL,NULL,'pycls model zoo, commit 35429e83 (MIT)',NULL,'d0e1d5c7ad9dcf9f4a5cba4ec46be202',NULL,NULL);
INSERT INTO "measurements" VALUES(15,1,15,'v100x8-pycls','train','RegNetY-1.6GF','regnety','{"name":"RegNetY-1.6GF"}',NULL,NULL,NULL,NULL,NULL,1024,NULL,0.2963,NULL,NULL,NULL,'pycls model zoo, commit 35429e83 (MIT)',NULL,'4ab8fe105f0cb7d1ecdfed889258eca7',NULL,NULL);
INSERT INTO "measurements" VALUES(16,1,16,'v100x8-pycls','train','RegNetY-12GF','regnety','{"name":"RegNetY-12GF"}',NULL,NULL,NULL,NULL,NULL,512,NULL,0.5311,NULL,NULL,NULL,'pycls model zoo, commit 35429e83 (MIT)',NULL,'b3b609201d6e3c8de7df003ed1a81350',NULL,NULL);
INSERT INTO "measurements" VALUES(17,1,17,'v100x8-pycls','train','RegNetY-16GF','regnety','{"name":"RegNetY-16GF"}',NULL,NULL,NULL,NULL,NULL,256,NULL,0.3652,NULL,NULL,NULL,'pycls model zoo, commit 35429e83 (MIT)',NULL,'6ff568e8c18d311b5ac9d2d9ccabef66',NULL,NULL);
INSERT INTO "measurements" VALUES(18,1,18,'v100x8-pycls','train','RegNetY-200MF','regnety','{"name":"RegNetY-200MF"}',NULL,NULL,NULL,NULL,NULL,1024,NULL,0.0943,NULL,NULL,NULL,'pycls model zoo, commit 35429e83 (MIT)',NULL,'4b5a6fd578fe7d3d6d6264bbe45b65d3',NULL,NULL);
INSERT INTO "measurements" VALUES(19,1,19,'v100x8-pycls','train','RegNetY-3.2GF','regnety','{"name":"RegNetY-3.2GF"}',NULL,NULL,NULL,NULL,NULL,512,NULL,0.2443,NULL,NULL,NULL,'pycls model zoo, commit 35429e83 (MIT)',NULL,'1c292f930a2b1afc37b3c607ea49897f',NULL,NULL);
INSERT INTO "measurements" VALUES(20,1,20,'v100x8-pycls','train','RegNetY-32GF','regnety','{"name":"RegNetY-32GF"}',NULL,NULL,NULL,NULL,NULL,256,NULL,0.5715,NULL,NULL,NULL,'pycls model zoo, commit 35429e83 (MIT)',NULL,'b393f0b9d7115ec0a232a6855a12f3b8',NULL,NULL);
INSERT INTO "measurements" VALUES(21,1,21,'v100x8-pycls','train','RegNetY-400MF','regnety','{"name":"RegNetY-400MF"}',NULL,NULL,NULL,NULL,NULL,1024,NULL,0.1524,NULL,NULL,NULL,'pycls model zoo, commit 35429e83 (MIT)',NULL,'dd0c204c4b5f281814c02a770fbd86a5',NULL,NULL);
INSERT INTO "measurements" VALUES(22,1,22,'v100x8-pycls','train','RegNetY-600MF','regnety','{"name":"RegNetY-600MF"}',NULL,NULL,NULL,NULL,NULL,1024,NULL,0.1519,NULL,NULL,NULL,'pycls model zoo, commit 35429e83 (MIT)',NULL,'9e5102a2a4ae2fedaf7bfab024ffc2fa',NULL,NULL);
INSERT INTO "measurements" VALUES(23,1,23,'v100x8-pycls','train','RegNetY-8.0GF','regnety','{"name":"RegNetY-8.0GF"}',NULL,NULL,NULL,NULL,NULL,512,NULL,0.4216,NULL,NULL,NULL,'pycls model zoo, commit 35429e83 (MIT)',NULL,'c69fc54c12bdc7bba40226079ec1fbc7',NULL,NULL);
INSERT INTO "measurements" VALUES(24,1,24,'v100x8-pycls','train','RegNetY-800MF','regnety','{"name":"RegNetY-800MF"}',NULL,NULL,NULL,NULL,NULL,1024,NULL,0.1763,NULL,NULL,NULL,'pycls model zoo, commit 35429e83 (MIT)',NULL,'583288155d9d02dedc4671ddaa5a89ef',NULL,NULL);
INSERT INTO "measurements" VALUES(25,2,1,'v100x8-pycls','train','ResNet-101','resnet','{"name":"ResNet-101"}',NULL,NULL,NULL,NULL,NULL,256,NULL,0.1724,NULL,NULL,NULL,'pycls model zoo, commit 35429e83 (MIT)',NULL,'94ddabcdd43e6a8339998bcedb24a0b5',NULL,1795510391426);
INSERT INTO "measurements" VALUES(26,2,2,'v100x8-pycls','train','ResNet-152','resnet','{"name":"ResNet-152"}',NULL,NULL,NULL,NULL,NULL,256,NULL,0.2426,NULL,NULL,NULL,'pycls model zoo, commit 35429e83 (MIT)',NULL,'307c77cd9f3a88430aa996388d127579',NULL,1795510391426);
INSERT INTO "measurements" VALUES(27,2,3,'v100x8-pycls','train','ResNet-50','resnet','{"name":"ResNet-50"}',NULL,NULL,NULL,NULL,NULL,256,NULL,0.1066,NULL,NULL,NULL,'pycls model zoo, commit 35429e83 (MIT)',NULL,'544905dc94482483a55eb2e82202316b',NULL,1795510391426);
INSERT INTO "measurements" VALUES(28,2,4,'v100x8-pycls','train','ResNeXt-101','resnext','{"name":"ResNeXt-101"}',NULL,NULL,NULL,NULL,NULL,256,NULL,0.2867,NULL,NULL,NULL,'pycls model zoo, commit 35429e83 (MIT)',NULL,'3b09a2a11405a67430803711535bf091',NULL,1795510391426);
INSERT INTO "measurements" VALUES(29,2,5,'v100x8-pycls','train','ResNeXt-50','resnext','{"name":"ResNeXt-50"}',NULL,NULL,NULL,NULL,NULL,256,NULL,0.1592,NULL,NULL,NULL,'pycls model zoo, commit 35429e83 (MIT)',NULL,'9eae7f6f0183adfee87350fe9ea673a9',NULL,1795510391426);
INSERT INTO "measurements" VALUES(30,3,1,'v100x8-pycls','train','slip','efficientnet','{"name":"EfficientNet-B4"}',NULL,NULL,NULL,NULL,NULL,128,NULL,205.3,NULL,NULL,NULL,'pycls model zoo, commit 35429e83 (MIT)',NULL,'81542b255d28871d59f0581eb4e8b645','997.1x longer than the 29 other timings of this platform let expect: milliseconds given as seconds?',NULL);
INSERT INTO "measurements" VALUES(31,4,1,'mine','train','resnet50',NULL,'{"name":"ResNet-50"}',NULL,NULL,NULL,NULL,NULL,256,1510.0,NULL,NULL,NULL,NULL,NULL,NULL,'a04aae1dd642712983e448a3b15fd9a7',NULL,NULL);
INSERT INTO "measurements" VALUES(32,5,1,'mine','train','again',NULL,'{"name":"ResNet-50"}',NULL,NULL,NULL,NULL,NULL,256,1490.0,NULL,NULL,NULL,NULL,NULL,NULL,'423148d059e8dc3483d4cc3ca3be8bd6',NULL,NULL);
CREATE TABLE meta (
    name text not null primary key,
    value text not null
);
INSERT INTO "meta" VALUES('needs','0.1.0');
CREATE TABLE platforms (
    id text not null primary key,
    device text not null,
    device_count bigint not null,
    precision text,
    memory_format text,
    compiled bigint,
    framework text
);
INSERT INTO "platforms" VALUES('v100x8-pycls','Tesla V100 16GB',8,'fp32','channels_first',0,'pytorch 1.6 cu100');
INSERT INTO "platforms" VALUES('mine','GPU',1,NULL,NULL,NULL,NULL);
CREATE TABLE rejections (
    upload bigint not null references uploads (id),
    line bigint not null,
    field text not null,
    detail text not null,
    hint text not null,
    sent text not null,
    primary key (upload, line)
);
INSERT INTO "rejections" VALUES(2,6,'/complexity/flops','-1 flops is out of range','a count of at least 1, for one image','{"complexity":{"acts":1000000.0,"flops":-1,"params":1000000.0},"images_per_second":5,"label":"wrong","mode":"train","platform":"v100x8-pycls"}');
CREATE TABLE tokens (
    id bigint not null primary key,
    name text not null unique,
    scope text not null,
    -- SHA-256 of the token, which itself is shown once and kept nowhere.
    hash text not null unique,
    created_at bigint not null,
    expires_at bigint,
    last_used_at bigint,
    revoked_at bigint
);
INSERT INTO "tokens" VALUES(1,'me','write','cc3718916bbf96fda741aa7265ef2231e39fbf0fb18f15612cd57277dddcffcc',1795510389724,NULL,1795510391394,NULL);
CREATE TABLE uploads (
    id bigint not null primary key,
    created_at bigint not null,
    -- Who sent it: `seed`, `import`, or the name of a token.
    sender text not null,
    accepted bigint not null,
    duplicates bigint not null,
    quarantined bigint not null,
    rejected bigint not null,
    -- SHA-256 over its rows, to find out later whether one was damaged.
    content_hash text not null,
    -- When it was taken out; null: it was not.
    removed_at bigint
);
INSERT INTO "uploads" VALUES(1,1795510391395,'me',24,0,0,0,'935e4e097cdf5f1d570273a940d10727b782d43ce56cb49b9037f12f9457e482',NULL);
INSERT INTO "uploads" VALUES(2,1795510391405,'me',5,0,0,1,'559106194dbfe49680da0967256fc3a20f542d59eff70d7a1dce1aea7112d2d4',1795510391426);
INSERT INTO "uploads" VALUES(3,1795510391413,'me',0,0,1,0,'48c2e581f8088374d0043ba046263a1de20a37f7a955940132bfd4f9b2019886',NULL);
INSERT INTO "uploads" VALUES(4,1795510391415,'me',1,0,0,0,'26bae479e6f57ea49219ac0da2bfe8986084c8f2d7352d5a7803b68790a24207',NULL);
INSERT INTO "uploads" VALUES(5,1795510391422,'me',1,0,0,0,'a695aa4612dc183d8de96fd61f65392e135f9715f90edb6841414c22391f1b92',NULL);
CREATE UNIQUE INDEX measurements_by_identity on measurements (identity) where removed_at is null;
CREATE INDEX measurements_by_platform on measurements (platform, mode, id);
CREATE INDEX measurements_by_upload on measurements (upload, id);
COMMIT;
