// A tour with @octokit/rest: what a small tool does. Reads the address and token from standard input as JSON and
// prints what it saw as JSON; every step that throws is printed with its status and message.
import { Octokit } from "@octokit/rest";

const { url, token, owner, repo, hidden } = JSON.parse(await new Response(process.stdin).text());
const octokit = new Octokit({ auth: token, baseUrl: `${url}/api/v3`, log: silent() });
const seen = {};

function silent() {
  return { debug() {}, info() {}, warn() {}, error() {} };
}

async function step(name, work) {
  try {
    seen[name] = await work();
  } catch (error) {
    seen[name] = { status: error.status, message: error.response?.data?.message ?? String(error) };
  }
}

const at = { owner, repo };
const base64 = (text) => Buffer.from(text).toString("base64");

await step("login", async () => (await octokit.rest.users.getAuthenticated()).data.login);
await step("repositories", async () =>
  (await octokit.paginate(octokit.rest.repos.listForAuthenticatedUser, { per_page: 1 })).map((row) => row.full_name));
await step("repository", async () => (await octokit.rest.repos.get(at)).data.full_name);
await step("byId", async () => {
  const { data } = await octokit.rest.repos.get(at);
  return (await octokit.request("GET /repositories/{id}", { id: data.id })).data.full_name;
});
await step("top", async () => (await octokit.rest.repos.getContent({ ...at, path: "" })).data.map((row) => row.name));
await step("raw", async () =>
  (await octokit.rest.repos.getContent({ ...at, path: "src/a b.txt", mediaType: { format: "raw" } })).data);
await step("created", async () =>
  (await octokit.rest.repos.createOrUpdateFileContents(
    { ...at, path: "deep/new.txt", message: "add", content: base64("one\n") })).data.content.path);
await step("commits", async () =>
  (await octokit.paginate(octokit.rest.repos.listCommits, { ...at, per_page: 1 })).map((row) => row.commit.message));
await step("branch", async () => {
  const { data: main } = await octokit.rest.git.getRef({ ...at, ref: "heads/main" });
  const { data } = await octokit.rest.git.createRef({ ...at, ref: "refs/heads/topic/one", sha: main.object.sha });
  return data.ref;
});
await step("branchWithSlash", async () =>
  (await octokit.rest.repos.getBranch({ ...at, branch: "topic/one" })).data.name);
await step("matching", async () =>
  (await octokit.rest.git.listMatchingRefs({ ...at, ref: "heads/topic" })).data.map((row) => row.ref));
await step("compared", async () =>
  (await octokit.rest.repos.compareCommitsWithBasehead({ ...at, basehead: "topic/one...main" })).data.status);
await step("tree", async () =>
  (await octokit.rest.git.getTree({ ...at, tree_sha: "topic/one", recursive: "1" })).data.tree.map((row) => row.path));
await step("removed", async () => (await octokit.rest.git.deleteRef({ ...at, ref: "heads/topic/one" })).status);
await step("status", async () => {
  const { data: commit } = await octokit.rest.repos.getCommit({ ...at, ref: "main" });
  await octokit.rest.repos.createCommitStatus({ ...at, sha: commit.sha, state: "success", context: "ci" });
  return (await octokit.rest.repos.getCombinedStatusForRef({ ...at, ref: "main" })).data.state;
});
await step("archive", async () => {
  const { data, status } = await octokit.rest.repos.downloadTarballArchive({ ...at, ref: "main" });
  return { status, gzip: Buffer.from(data).subarray(0, 2).toString("hex") };
});
await step("defaultArchive", async () =>
  (await octokit.rest.repos.downloadZipballArchive({ ...at, ref: "" })).status);
await step("etag", async () => {
  const { headers } = await octokit.rest.repos.get(at);
  await octokit.rest.repos.get({ ...at, headers: { "if-none-match": headers.etag } });
});
await step("hidden", () => octokit.rest.repos.get({ owner, repo: hidden }));
await step("hiddenFile", () => octokit.rest.repos.getContent({ owner, repo: hidden, path: "README.md" }));
await step("workflow", () => octokit.rest.repos.createOrUpdateFileContents(
  { ...at, path: ".github/workflows/x.yml", message: "m", content: base64("on: push\n") }));
await step("issue", () => octokit.rest.issues.create({ ...at, title: "x" }));
await step("pulls", () => octokit.rest.pulls.list(at));

console.log(JSON.stringify(seen));
