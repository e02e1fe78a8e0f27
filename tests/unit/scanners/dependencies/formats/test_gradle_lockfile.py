"""Gradle's lock files."""

from __future__ import annotations

import pytest

from keyhole.scanners.dependencies.formats import gradle_lockfile
from keyhole.scanners.dependencies.package import Malformed
from tests.unit.scanners.dependencies.formats.named import named, sample, told


def test_one_package_a_line():
    content = sample("gradle_lockfile")
    assert named(gradle_lockfile.read, content) == [
        ("Maven", "com.google.guava:guava", "30.0-jre"),
        ("Maven", "junit:junit", "4.12"),
        ("Maven", "org.example:older", "1.0"),
    ]
    assert [each.name for each in gradle_lockfile.read(content) if each.dev] == ["junit:junit"]


@pytest.mark.parametrize("line", [b"a:b=c", b"a:b:1:2=c", b"::=c", b"words"])
def test_a_line_of_another_form_is_not_passed_over(line):
    with pytest.raises(Malformed, match="line 2"):
        list(gradle_lockfile.read(b"# x\n" + line))


LOCK = """\
# This is a Gradle generated file for dependency locking.
com.fasterxml.jackson.core:jackson-databind:2.13.1=compileClasspath,runtimeClasspath
com.google.guava:guava:30.0-jre=latestCompileClasspath
junit:junit:4.12=debugUnitTestRuntimeClasspath,testCompileClasspath
org.apache.logging.log4j:log4j-core:2.14.1=runtimeClasspath
org.slf4j:slf4j-api:1.7.30=runtimeClasspath
org.yaml:snakeyaml:1.28=runtimeClasspath
empty=annotationProcessor
"""
GROOVY = """\
plugins { id 'java' } // implementation 'org.yaml:snakeyaml:1.28'
dependencies {
    constraints {
        implementation('org.slf4j:slf4j-api:1.7.30') { because "of ${a}" }
    }
    implementation "com.fasterxml.jackson.core:jackson-databind:$jackson"
    runtimeOnly group: 'org.apache.logging.log4j', name: 'log4j-core', version: '2.14.1'
    /* api 'org.yaml:snakeyaml:1.28' */
    testImplementation('junit:junit:4.12') { exclude group: 'org.yaml', module: 'snakeyaml' }
}
configurations.all { resolutionStrategy { force 'org.yaml:snakeyaml:1.28' } }
"""
KOTLIN = """\
dependencies {
    api(platform("com.fasterxml.jackson.core:jackson-databind:2.13.1"))
    "runtimeOnly"(project(":core"))
    implementation("org.apache.logging.log4j", "log4j-core", "2.14.1")
    testImplementation("junit:junit:4.12")
}
"""


@pytest.mark.parametrize("manifest", [{"build.gradle": GROOVY}, {"build.gradle.kts": KOTLIN}])
def test_what_the_build_names_is_direct_and_nothing_is_known_of_the_rest(manifest):
    assert told(gradle_lockfile.read, LOCK, **manifest) == {
        "com.fasterxml.jackson.core:jackson-databind 2.13.1": "direct",
        "com.google.guava:guava 30.0-jre": "unknown",
        "junit:junit 4.12": "direct dev",
        "org.apache.logging.log4j:log4j-core 2.14.1": "direct",
        "org.slf4j:slf4j-api 1.7.30": "unknown",
        "org.yaml:snakeyaml 1.28": "unknown",
    }
