// Differences between pairs of CloudFormation templates, by the differ of the CDK CLI.
//
// Reads a list of [former, next] from standard input. Writes, for each pair, a list of resources
// that differ: {id, type, impact, properties: {name: impact}}. An impact is one of the differ's
// ResourceImpact.
//
// The differ looks at the properties of a resource alone, but a part of one can replace it as well:
// NetworkConfiguration.SubnetIds of an MWAA environment. The service's specification, which the
// differ uses, knows these parts. So each is compared as a property of its own beside its whole.

import spec from "@aws-cdk/aws-service-spec";
import differ from "@aws-cdk/cloudformation-diff";
import { json } from "node:stream/consumers";

const DEEPEST = 5;

// The differ loads a database of its own otherwise, without the parts.
const database = spec.loadAwsServiceSpecSync();
spec.loadAwsServiceSpecSync = () => database;

const partsOfTypes = new Map();

function partsOf(type) {
  if (!partsOfTypes.has(type)) {
    const [resource] = database.lookup("resource", "cloudFormationType", "equals", type);
    const parts = resource ? [...replacing(resource.properties, [])] : [];
    for (const { name, causesReplacement } of parts) {
      resource.properties[name] = { type: { type: "json" }, causesReplacement };
    }
    partsOfTypes.set(type, parts);
  }
  return partsOfTypes.get(type);
}

function* replacing(properties, path) {
  for (const [name, { type, causesReplacement }] of Object.entries(properties)) {
    const at = [...path, name];
    if (path.length && causesReplacement && causesReplacement !== "no") {
      yield { path: at, name: at.join("."), causesReplacement };
    } else if (at.length < DEEPEST) {
      for (const definition of definitions(type)) yield* replacing(definition.properties, at);
    }
  }
}

function definitions(type) {
  if (type.type === "union") return type.types.flatMap(definitions);
  if (type.type === "array" || type.type === "map") return definitions(type.element);
  return type.type === "ref" ? [database.get("typeDefinition", type.reference.$ref)] : [];
}

function valueAt(value, path) {
  if (!path.length || value === undefined || value === null) return value ?? undefined;
  if (Array.isArray(value)) {
    const each = value.map((element) => valueAt(element, path));
    return each.some((found) => found !== undefined) ? each : undefined;
  }
  return typeof value === "object" ? valueAt(value[path[0]], path.slice(1)) : undefined;
}

function withParts(template) {
  const resources = Object.entries(template.Resources ?? {}).map(([id, resource]) => {
    const { Metadata: _, Properties = {}, ...rest } = resource;
    const parts = partsOf(resource.Type)
      .map(({ name, path }) => [name, valueAt(Properties, path)])
      .filter(([, value]) => value !== undefined);
    return [id, { ...rest, Properties: { ...Properties, ...Object.fromEntries(parts) } }];
  });
  return { Resources: Object.fromEntries(resources), Outputs: template.Outputs ?? {} };
}

// CloudFormation gives templates back with a question mark for each letter beyond ASCII.
function asGivenBack(next, former) {
  const isAscii = /^[\x00-\x7f]*$/.test(JSON.stringify(former));
  return isAscii ? JSON.parse(differ.mangleLikeCloudFormation(JSON.stringify(next))) : next;
}

function mentions(value, ids) {
  if (Array.isArray(value)) return value.some((each) => mentions(each, ids));
  if (value === null || typeof value !== "object") return false;
  return Object.entries(value).some(([key, inner]) => {
    if (key === "Ref") return ids.has(inner);
    if (key === "Fn::GetAtt") return ids.has([inner].flat()[0].split(".")[0]);
    return mentions(inner, ids);
  });
}

// The differ follows a replaced resource to those that are replaced with it, not to those that only
// take its new name.
function addUpdates(found, template) {
  const replaced = new Set(found.filter((each) => each.impact === "WILL_REPLACE").map((each) => each.id));
  for (const [id, resource] of Object.entries(template.Resources ?? {})) {
    const names = Object.entries(resource.Properties ?? {})
      .filter(([, value]) => mentions(value, replaced))
      .map(([name]) => name);
    if (!names.length) continue;
    let change = found.find((each) => each.id === id);
    if (!change) {
      change = { id, type: resource.Type, impact: "WILL_UPDATE", properties: {} };
      found.push(change);
    }
    for (const name of names) change.properties[name] ??= "WILL_UPDATE";
  }
  return found;
}

function differences([former, next]) {
  const found = [];
  differ.fullDiff(withParts(former), withParts(asGivenBack(next, former))).resources.forEachDifference((id, change) => {
    const properties = Object.entries(change.propertyUpdates).map(([name, each]) => [
      name,
      each.changeImpact,
    ]);
    found.push({
      id,
      type: change.newResourceType ?? change.oldResourceType,
      impact: change.changeImpact,
      properties: Object.fromEntries(properties),
    });
  });
  return addUpdates(found, next);
}

const pairs = await json(process.stdin);
process.stdout.write(JSON.stringify(pairs.map(differences)));
