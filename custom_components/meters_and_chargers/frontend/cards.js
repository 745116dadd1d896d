var $t=globalThis,vt=$t.ShadowRoot&&($t.ShadyCSS===void 0||$t.ShadyCSS.nativeShadow)&&"adoptedStyleSheets"in Document.prototype&&"replace"in CSSStyleSheet.prototype,Gt=Symbol(),fe=new WeakMap,dt=class{constructor(t,e,n){if(this._$cssResult$=!0,n!==Gt)throw Error("CSSResult is not constructable. Use `unsafeCSS` or `css` instead.");this.cssText=t,this.t=e}get styleSheet(){let t=this.o,e=this.t;if(vt&&t===void 0){let n=e!==void 0&&e.length===1;n&&(t=fe.get(e)),t===void 0&&((this.o=t=new CSSStyleSheet).replaceSync(this.cssText),n&&fe.set(e,t))}return t}toString(){return this.cssText}},ye=s=>new dt(typeof s=="string"?s:s+"",void 0,Gt),O=(s,...t)=>{let e=s.length===1?s[0]:t.reduce((n,r,i)=>n+(o=>{if(o._$cssResult$===!0)return o.cssText;if(typeof o=="number")return o;throw Error("Value passed to 'css' function must be a 'css' function result: "+o+". Use 'unsafeCSS' to pass non-literal values, but take care to ensure page security.")})(r)+s[i+1],s[0]);return new dt(e,s,Gt)},be=(s,t)=>{if(vt)s.adoptedStyleSheets=t.map(e=>e instanceof CSSStyleSheet?e:e.styleSheet);else for(let e of t){let n=document.createElement("style"),r=$t.litNonce;r!==void 0&&n.setAttribute("nonce",r),n.textContent=e.cssText,s.appendChild(n)}},Jt=vt?s=>s:s=>s instanceof CSSStyleSheet?(t=>{let e="";for(let n of t.cssRules)e+=n.cssText;return ye(e)})(s):s;var{is:wn,defineProperty:Sn,getOwnPropertyDescriptor:An,getOwnPropertyNames:kn,getOwnPropertySymbols:Tn,getPrototypeOf:Hn}=Object,xt=globalThis,_e=xt.trustedTypes,En=_e?_e.emptyScript:"",Cn=xt.reactiveElementPolyfillSupport,lt=(s,t)=>s,Vt={toAttribute(s,t){switch(t){case Boolean:s=s?En:null;break;case Object:case Array:s=s==null?s:JSON.stringify(s)}return s},fromAttribute(s,t){let e=s;switch(t){case Boolean:e=s!==null;break;case Number:e=s===null?null:Number(s);break;case Object:case Array:try{e=JSON.parse(s)}catch{e=null}}return e}},ve=(s,t)=>!wn(s,t),$e={attribute:!0,type:String,converter:Vt,reflect:!1,useDefault:!1,hasChanged:ve};Symbol.metadata??=Symbol("metadata"),xt.litPropertyMetadata??=new WeakMap;var U=class extends HTMLElement{static addInitializer(t){this._$Ei(),(this.l??=[]).push(t)}static get observedAttributes(){return this.finalize(),this._$Eh&&[...this._$Eh.keys()]}static createProperty(t,e=$e){if(e.state&&(e.attribute=!1),this._$Ei(),this.prototype.hasOwnProperty(t)&&((e=Object.create(e)).wrapped=!0),this.elementProperties.set(t,e),!e.noAccessor){let n=Symbol(),r=this.getPropertyDescriptor(t,n,e);r!==void 0&&Sn(this.prototype,t,r)}}static getPropertyDescriptor(t,e,n){let{get:r,set:i}=An(this.prototype,t)??{get(){return this[e]},set(o){this[e]=o}};return{get:r,set(o){let c=r?.call(this);i?.call(this,o),this.requestUpdate(t,c,n)},configurable:!0,enumerable:!0}}static getPropertyOptions(t){return this.elementProperties.get(t)??$e}static _$Ei(){if(this.hasOwnProperty(lt("elementProperties")))return;let t=Hn(this);t.finalize(),t.l!==void 0&&(this.l=[...t.l]),this.elementProperties=new Map(t.elementProperties)}static finalize(){if(this.hasOwnProperty(lt("finalized")))return;if(this.finalized=!0,this._$Ei(),this.hasOwnProperty(lt("properties"))){let e=this.properties,n=[...kn(e),...Tn(e)];for(let r of n)this.createProperty(r,e[r])}let t=this[Symbol.metadata];if(t!==null){let e=litPropertyMetadata.get(t);if(e!==void 0)for(let[n,r]of e)this.elementProperties.set(n,r)}this._$Eh=new Map;for(let[e,n]of this.elementProperties){let r=this._$Eu(e,n);r!==void 0&&this._$Eh.set(r,e)}this.elementStyles=this.finalizeStyles(this.styles)}static finalizeStyles(t){let e=[];if(Array.isArray(t)){let n=new Set(t.flat(1/0).reverse());for(let r of n)e.unshift(Jt(r))}else t!==void 0&&e.push(Jt(t));return e}static _$Eu(t,e){let n=e.attribute;return n===!1?void 0:typeof n=="string"?n:typeof t=="string"?t.toLowerCase():void 0}constructor(){super(),this._$Ep=void 0,this.isUpdatePending=!1,this.hasUpdated=!1,this._$Em=null,this._$Ev()}_$Ev(){this._$ES=new Promise(t=>this.enableUpdating=t),this._$AL=new Map,this._$E_(),this.requestUpdate(),this.constructor.l?.forEach(t=>t(this))}addController(t){(this._$EO??=new Set).add(t),this.renderRoot!==void 0&&this.isConnected&&t.hostConnected?.()}removeController(t){this._$EO?.delete(t)}_$E_(){let t=new Map,e=this.constructor.elementProperties;for(let n of e.keys())this.hasOwnProperty(n)&&(t.set(n,this[n]),delete this[n]);t.size>0&&(this._$Ep=t)}createRenderRoot(){let t=this.shadowRoot??this.attachShadow(this.constructor.shadowRootOptions);return be(t,this.constructor.elementStyles),t}connectedCallback(){this.renderRoot??=this.createRenderRoot(),this.enableUpdating(!0),this._$EO?.forEach(t=>t.hostConnected?.())}enableUpdating(t){}disconnectedCallback(){this._$EO?.forEach(t=>t.hostDisconnected?.())}attributeChangedCallback(t,e,n){this._$AK(t,n)}_$ET(t,e){let n=this.constructor.elementProperties.get(t),r=this.constructor._$Eu(t,n);if(r!==void 0&&n.reflect===!0){let i=(n.converter?.toAttribute!==void 0?n.converter:Vt).toAttribute(e,n.type);this._$Em=t,i==null?this.removeAttribute(r):this.setAttribute(r,i),this._$Em=null}}_$AK(t,e){let n=this.constructor,r=n._$Eh.get(t);if(r!==void 0&&this._$Em!==r){let i=n.getPropertyOptions(r),o=typeof i.converter=="function"?{fromAttribute:i.converter}:i.converter?.fromAttribute!==void 0?i.converter:Vt;this._$Em=r;let c=o.fromAttribute(e,i.type);this[r]=c??this._$Ej?.get(r)??c,this._$Em=null}}requestUpdate(t,e,n,r=!1,i){if(t!==void 0){let o=this.constructor;if(r===!1&&(i=this[t]),n??=o.getPropertyOptions(t),!((n.hasChanged??ve)(i,e)||n.useDefault&&n.reflect&&i===this._$Ej?.get(t)&&!this.hasAttribute(o._$Eu(t,n))))return;this.C(t,e,n)}this.isUpdatePending===!1&&(this._$ES=this._$EP())}C(t,e,{useDefault:n,reflect:r,wrapped:i},o){n&&!(this._$Ej??=new Map).has(t)&&(this._$Ej.set(t,o??e??this[t]),i!==!0||o!==void 0)||(this._$AL.has(t)||(this.hasUpdated||n||(e=void 0),this._$AL.set(t,e)),r===!0&&this._$Em!==t&&(this._$Eq??=new Set).add(t))}async _$EP(){this.isUpdatePending=!0;try{await this._$ES}catch(e){Promise.reject(e)}let t=this.scheduleUpdate();return t!=null&&await t,!this.isUpdatePending}scheduleUpdate(){return this.performUpdate()}performUpdate(){if(!this.isUpdatePending)return;if(!this.hasUpdated){if(this.renderRoot??=this.createRenderRoot(),this._$Ep){for(let[r,i]of this._$Ep)this[r]=i;this._$Ep=void 0}let n=this.constructor.elementProperties;if(n.size>0)for(let[r,i]of n){let{wrapped:o}=i,c=this[r];o!==!0||this._$AL.has(r)||c===void 0||this.C(r,void 0,i,c)}}let t=!1,e=this._$AL;try{t=this.shouldUpdate(e),t?(this.willUpdate(e),this._$EO?.forEach(n=>n.hostUpdate?.()),this.update(e)):this._$EM()}catch(n){throw t=!1,this._$EM(),n}t&&this._$AE(e)}willUpdate(t){}_$AE(t){this._$EO?.forEach(e=>e.hostUpdated?.()),this.hasUpdated||(this.hasUpdated=!0,this.firstUpdated(t)),this.updated(t)}_$EM(){this._$AL=new Map,this.isUpdatePending=!1}get updateComplete(){return this.getUpdateComplete()}getUpdateComplete(){return this._$ES}shouldUpdate(t){return!0}update(t){this._$Eq&&=this._$Eq.forEach(e=>this._$ET(e,this[e])),this._$EM()}updated(t){}firstUpdated(t){}};U.elementStyles=[],U.shadowRootOptions={mode:"open"},U[lt("elementProperties")]=new Map,U[lt("finalized")]=new Map,Cn?.({ReactiveElement:U}),(xt.reactiveElementVersions??=[]).push("2.1.2");var Zt=globalThis,xe=s=>s,wt=Zt.trustedTypes,we=wt?wt.createPolicy("lit-html",{createHTML:s=>s}):void 0,Qt="$lit$",L=`lit$${Math.random().toFixed(9).slice(2)}$`,Xt="?"+L,Rn=`<${Xt}>`,Y=document,pt=()=>Y.createComment(""),mt=s=>s===null||typeof s!="object"&&typeof s!="function",te=Array.isArray,Ee=s=>te(s)||typeof s?.[Symbol.iterator]=="function",Yt=`[ 	
\f\r]`,ut=/<(?:(!--|\/[^a-zA-Z])|(\/?[a-zA-Z][^>\s]*)|(\/?$))/g,Se=/-->/g,Ae=/>/g,J=RegExp(`>|${Yt}(?:([^\\s"'>=/]+)(${Yt}*=${Yt}*(?:[^ 	
\f\r"'\`<>=]|("|')|))|$)`,"g"),ke=/'/g,Te=/"/g,Ce=/^(?:script|style|textarea|title)$/i,ee=s=>(t,...e)=>({_$litType$:s,strings:t,values:e}),p=ee(1),Us=ee(2),Ls=ee(3),P=Symbol.for("lit-noChange"),h=Symbol.for("lit-nothing"),He=new WeakMap,V=Y.createTreeWalker(Y,129);function Re(s,t){if(!te(s)||!s.hasOwnProperty("raw"))throw Error("invalid template strings array");return we!==void 0?we.createHTML(t):t}var Me=(s,t)=>{let e=s.length-1,n=[],r,i=t===2?"<svg>":t===3?"<math>":"",o=ut;for(let c=0;c<e;c++){let a=s[c],l,u,d=-1,m=0;for(;m<a.length&&(o.lastIndex=m,u=o.exec(a),u!==null);)m=o.lastIndex,o===ut?u[1]==="!--"?o=Se:u[1]!==void 0?o=Ae:u[2]!==void 0?(Ce.test(u[2])&&(r=RegExp("</"+u[2],"g")),o=J):u[3]!==void 0&&(o=J):o===J?u[0]===">"?(o=r??ut,d=-1):u[1]===void 0?d=-2:(d=o.lastIndex-u[2].length,l=u[1],o=u[3]===void 0?J:u[3]==='"'?Te:ke):o===Te||o===ke?o=J:o===Se||o===Ae?o=ut:(o=J,r=void 0);let g=o===J&&s[c+1].startsWith("/>")?" ":"";i+=o===ut?a+Rn:d>=0?(n.push(l),a.slice(0,d)+Qt+a.slice(d)+L+g):a+L+(d===-2?c:g)}return[Re(s,i+(s[e]||"<?>")+(t===2?"</svg>":t===3?"</math>":"")),n]},ht=class s{constructor({strings:t,_$litType$:e},n){let r;this.parts=[];let i=0,o=0,c=t.length-1,a=this.parts,[l,u]=Me(t,e);if(this.el=s.createElement(l,n),V.currentNode=this.el.content,e===2||e===3){let d=this.el.content.firstChild;d.replaceWith(...d.childNodes)}for(;(r=V.nextNode())!==null&&a.length<c;){if(r.nodeType===1){if(r.hasAttributes())for(let d of r.getAttributeNames())if(d.endsWith(Qt)){let m=u[o++],g=r.getAttribute(d).split(L),f=/([.?@])?(.*)/.exec(m);a.push({type:1,index:i,name:f[2],strings:g,ctor:f[1]==="."?At:f[1]==="?"?kt:f[1]==="@"?Tt:Q}),r.removeAttribute(d)}else d.startsWith(L)&&(a.push({type:6,index:i}),r.removeAttribute(d));if(Ce.test(r.tagName)){let d=r.textContent.split(L),m=d.length-1;if(m>0){r.textContent=wt?wt.emptyScript:"";for(let g=0;g<m;g++)r.append(d[g],pt()),V.nextNode(),a.push({type:2,index:++i});r.append(d[m],pt())}}}else if(r.nodeType===8)if(r.data===Xt)a.push({type:2,index:i});else{let d=-1;for(;(d=r.data.indexOf(L,d+1))!==-1;)a.push({type:7,index:i}),d+=L.length-1}i++}}static createElement(t,e){let n=Y.createElement("template");return n.innerHTML=t,n}};function Z(s,t,e=s,n){if(t===P)return t;let r=n!==void 0?e._$Co?.[n]:e._$Cl,i=mt(t)?void 0:t._$litDirective$;return r?.constructor!==i&&(r?._$AO?.(!1),i===void 0?r=void 0:(r=new i(s),r._$AT(s,e,n)),n!==void 0?(e._$Co??=[])[n]=r:e._$Cl=r),r!==void 0&&(t=Z(s,r._$AS(s,t.values),r,n)),t}var St=class{constructor(t,e){this._$AV=[],this._$AN=void 0,this._$AD=t,this._$AM=e}get parentNode(){return this._$AM.parentNode}get _$AU(){return this._$AM._$AU}u(t){let{el:{content:e},parts:n}=this._$AD,r=(t?.creationScope??Y).importNode(e,!0);V.currentNode=r;let i=V.nextNode(),o=0,c=0,a=n[0];for(;a!==void 0;){if(o===a.index){let l;a.type===2?l=new ot(i,i.nextSibling,this,t):a.type===1?l=new a.ctor(i,a.name,a.strings,this,t):a.type===6&&(l=new Ht(i,this,t)),this._$AV.push(l),a=n[++c]}o!==a?.index&&(i=V.nextNode(),o++)}return V.currentNode=Y,r}p(t){let e=0;for(let n of this._$AV)n!==void 0&&(n.strings!==void 0?(n._$AI(t,n,e),e+=n.strings.length-2):n._$AI(t[e])),e++}},ot=class s{get _$AU(){return this._$AM?._$AU??this._$Cv}constructor(t,e,n,r){this.type=2,this._$AH=h,this._$AN=void 0,this._$AA=t,this._$AB=e,this._$AM=n,this.options=r,this._$Cv=r?.isConnected??!0}get parentNode(){let t=this._$AA.parentNode,e=this._$AM;return e!==void 0&&t?.nodeType===11&&(t=e.parentNode),t}get startNode(){return this._$AA}get endNode(){return this._$AB}_$AI(t,e=this){t=Z(this,t,e),mt(t)?t===h||t==null||t===""?(this._$AH!==h&&this._$AR(),this._$AH=h):t!==this._$AH&&t!==P&&this._(t):t._$litType$!==void 0?this.$(t):t.nodeType!==void 0?this.T(t):Ee(t)?this.k(t):this._(t)}O(t){return this._$AA.parentNode.insertBefore(t,this._$AB)}T(t){this._$AH!==t&&(this._$AR(),this._$AH=this.O(t))}_(t){this._$AH!==h&&mt(this._$AH)?this._$AA.nextSibling.data=t:this.T(Y.createTextNode(t)),this._$AH=t}$(t){let{values:e,_$litType$:n}=t,r=typeof n=="number"?this._$AC(t):(n.el===void 0&&(n.el=ht.createElement(Re(n.h,n.h[0]),this.options)),n);if(this._$AH?._$AD===r)this._$AH.p(e);else{let i=new St(r,this),o=i.u(this.options);i.p(e),this.T(o),this._$AH=i}}_$AC(t){let e=He.get(t.strings);return e===void 0&&He.set(t.strings,e=new ht(t)),e}k(t){te(this._$AH)||(this._$AH=[],this._$AR());let e=this._$AH,n,r=0;for(let i of t)r===e.length?e.push(n=new s(this.O(pt()),this.O(pt()),this,this.options)):n=e[r],n._$AI(i),r++;r<e.length&&(this._$AR(n&&n._$AB.nextSibling,r),e.length=r)}_$AR(t=this._$AA.nextSibling,e){for(this._$AP?.(!1,!0,e);t!==this._$AB;){let n=xe(t).nextSibling;xe(t).remove(),t=n}}setConnected(t){this._$AM===void 0&&(this._$Cv=t,this._$AP?.(t))}},Q=class{get tagName(){return this.element.tagName}get _$AU(){return this._$AM._$AU}constructor(t,e,n,r,i){this.type=1,this._$AH=h,this._$AN=void 0,this.element=t,this.name=e,this._$AM=r,this.options=i,n.length>2||n[0]!==""||n[1]!==""?(this._$AH=Array(n.length-1).fill(new String),this.strings=n):this._$AH=h}_$AI(t,e=this,n,r){let i=this.strings,o=!1;if(i===void 0)t=Z(this,t,e,0),o=!mt(t)||t!==this._$AH&&t!==P,o&&(this._$AH=t);else{let c=t,a,l;for(t=i[0],a=0;a<i.length-1;a++)l=Z(this,c[n+a],e,a),l===P&&(l=this._$AH[a]),o||=!mt(l)||l!==this._$AH[a],l===h?t=h:t!==h&&(t+=(l??"")+i[a+1]),this._$AH[a]=l}o&&!r&&this.j(t)}j(t){t===h?this.element.removeAttribute(this.name):this.element.setAttribute(this.name,t??"")}},At=class extends Q{constructor(){super(...arguments),this.type=3}j(t){this.element[this.name]=t===h?void 0:t}},kt=class extends Q{constructor(){super(...arguments),this.type=4}j(t){this.element.toggleAttribute(this.name,!!t&&t!==h)}},Tt=class extends Q{constructor(t,e,n,r,i){super(t,e,n,r,i),this.type=5}_$AI(t,e=this){if((t=Z(this,t,e,0)??h)===P)return;let n=this._$AH,r=t===h&&n!==h||t.capture!==n.capture||t.once!==n.once||t.passive!==n.passive,i=t!==h&&(n===h||r);r&&this.element.removeEventListener(this.name,this,n),i&&this.element.addEventListener(this.name,this,t),this._$AH=t}handleEvent(t){typeof this._$AH=="function"?this._$AH.call(this.options?.host??this.element,t):this._$AH.handleEvent(t)}},Ht=class{constructor(t,e,n){this.element=t,this.type=6,this._$AN=void 0,this._$AM=e,this.options=n}get _$AU(){return this._$AM._$AU}_$AI(t){Z(this,t)}},Oe={M:Qt,P:L,A:Xt,C:1,L:Me,R:St,D:Ee,V:Z,I:ot,H:Q,N:kt,U:Tt,B:At,F:Ht},Mn=Zt.litHtmlPolyfillSupport;Mn?.(ht,ot),(Zt.litHtmlVersions??=[]).push("3.3.3");var De=(s,t,e)=>{let n=e?.renderBefore??t,r=n._$litPart$;if(r===void 0){let i=e?.renderBefore??null;n._$litPart$=r=new ot(t.insertBefore(pt(),i),i,void 0,e??{})}return r._$AI(s),r};var ne=globalThis,j=class extends U{constructor(){super(...arguments),this.renderOptions={host:this},this._$Do=void 0}createRenderRoot(){let t=super.createRenderRoot();return this.renderOptions.renderBefore??=t.firstChild,t}update(t){let e=this.render();this.hasUpdated||(this.renderOptions.isConnected=this.isConnected),super.update(t),this._$Do=De(e,this.renderRoot,this.renderOptions)}connectedCallback(){super.connectedCallback(),this._$Do?.setConnected(!0)}disconnectedCallback(){super.disconnectedCallback(),this._$Do?.setConnected(!1)}render(){return P}};j._$litElement$=!0,j.finalized=!0,ne.litElementHydrateSupport?.({LitElement:j});var On=ne.litElementPolyfillSupport;On?.({LitElement:j});(ne.litElementVersions??=[]).push("4.2.2");var Dn=["en","de","fr","it"],se=new Map,Pn=s=>{let t=s.split("-")[0]??"en";return Dn.includes(t)?t:"en"},re=s=>{let t=Pn(s),e=se.get(t);return e===void 0&&(e=fetch(new URL(`../texts/${t}.json`,import.meta.url)).then(n=>{if(!n.ok)throw new Error(`texts/${t}.json: ${n.status}`);return n.json()}),e.catch(()=>se.delete(t)),se.set(t,e)),e},z=(s,t={})=>s.replace(/\{(\w+)\}/g,(e,n)=>String(t[n]??"")),$=(s,t,e)=>z(s.cards[t]??t,e),Pe=s=>re(s.language);var Nn=1e3,Un=5e3,T=class extends j{constructor(){super(...arguments);this.config={type:""};this.#e="";this.#r=Number.NEGATIVE_INFINITY;this.#i=!1;this.#o=()=>{this.#a(),document.hidden||this.requestUpdate()};this.#a=()=>{let e=!document.hidden&&this.isConnected&&this.counting();e&&this.#n===void 0?this.#n=setInterval(()=>this.requestUpdate(),1e3):e||(clearInterval(this.#n),this.#n=void 0),document.hidden&&(clearTimeout(this.#s),this.#s=void 0)}}#t;#e;#r;#s;#n;#i;setConfig(e){this.config=e,this.requestUpdate()}get hass(){return this.#t}set hass(e){let n=this.#t;this.#t=e,e!==void 0&&(e.language!==this.#e&&this.#c(e),(n===void 0||this.#d(n,e))&&this.draw())}draw(){if(this.#s!==void 0||document.hidden)return;let e=this.#r+Nn-performance.now();if(e<=0){this.requestUpdate();return}this.#s=setTimeout(()=>{this.#s=void 0,this.requestUpdate()},e)}counting(){return!1}say(e,n){return this.texts===void 0?"":$(this.texts,e,n)}connectedCallback(){super.connectedCallback(),document.addEventListener("visibilitychange",this.#o),setTimeout(()=>{this.#i=!0,this.texts===void 0&&this.requestUpdate()},Un),this.requestUpdate()}disconnectedCallback(){super.disconnectedCallback(),document.removeEventListener("visibilitychange",this.#o),clearTimeout(this.#s),this.#s=void 0,clearInterval(this.#n),this.#n=void 0}render(){this.#r=performance.now();let{texts:e}=this,n=this.#t;return n===void 0||e===void 0?p`<ha-card aria-busy="true">
 <div class="blank"></div><div class="blank short"></div>
 ${this.#i?p`<p>Waiting for Home Assistant…</p>`:h}
 </ha-card>`:n.connected===!1?p`<ha-card><p class="secondary">${this.say("waiting")}</p></ha-card>`:this.show(n,e)}updated(){this.#a()}#o;#a;async#c(e){this.#e=e.language;try{this.texts=await Pe(e)}catch{this.#e="";return}this.requestUpdate()}#d(e,n){if(e.entities!==n.entities||e.devices!==n.devices||e.locale!==n.locale||e.formatEntityState!==n.formatEntityState||e.connected!==n.connected)return!0;for(let r of this.watched(n))if(e.states[r]!==n.states[r])return!0;return!1}static{this.styles=O`
 :host { display: block; }
 ha-card { padding: 16px; height: 100%; box-sizing: border-box; color: var(--primary-text-color); }
 h2 { font-size: var(--ha-font-size-l, 16px); font-weight: 500; margin: 0; line-height: 1.4; overflow-wrap: anywhere; }
 h3 { font-size: var(--ha-font-size-m, 14px); font-weight: 500; margin: 0; }
 p { margin: 0; }
 .secondary, th, dt { color: var(--secondary-text-color); }
 .num, td, dd, .head { font-variant-numeric: tabular-nums; }
 .row { display: flex; gap: 8px; align-items: center; flex-wrap: wrap; }
 .head { display: flex; justify-content: space-between; gap: 12px; align-items: baseline; }
 .blank { height: 40px; border-radius: 8px; background: var(--divider-color); margin-bottom: 12px; }
 .blank.short { width: 60%; }
 button, select, input { font: inherit; color: inherit; }
 button { min-height: 44px; min-width: 44px; border-radius: 12px; border: 1px solid var(--divider-color); background: none; cursor: pointer; padding: 4px 12px; }
 button.text { border: 0; padding: 0; min-height: 24px; min-width: 24px; text-align: start; }
 button:disabled { cursor: default; color: var(--secondary-text-color); opacity: .7; }
 button.link { border: 0; text-decoration: underline; padding: 4px 8px; }
 :focus-visible { outline: 2px solid var(--primary-text-color); outline-offset: 2px; scroll-margin-top: 80px; }
 a { color: inherit; }
 ha-icon { --mdc-icon-size: 20px; }
 .hidden { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
 table { border-collapse: collapse; width: 100%; }
 th { text-align: start; font-weight: 400; }
 td, th { padding: 8px 8px 8px 0; vertical-align: top; }
 .end { text-align: end; }
 .bar { height: 10px; border: 1px solid var(--secondary-text-color); border-radius: 5px; overflow: hidden; display: flex; }
 .bar > span { display: block; transition: width .3s; }
 @media (prefers-reduced-motion: reduce) { * { transition: none !important; animation: none !important; } }
 @media (forced-colors: active) { .bar > span { border-inline-end: 2px solid CanvasText; } }
 `}};var Et=s=>s===void 0||s.state==="unavailable",x=s=>s!==void 0&&s.state!=="unavailable"&&s.state!=="unknown",H=s=>{if(!x(s))return;let t=Number(s.state);return Number.isFinite(t)?t:void 0},N=s=>{let t=H(s);if(t===void 0)return;let e={W:1,kW:1e3,MW:1e6,mW:.001}[String(s?.attributes.unit_of_measurement)];return e===void 0?void 0:t*e},D=(s,t)=>{s.dispatchEvent(new CustomEvent("hass-more-info",{bubbles:!0,composed:!0,detail:{entityId:t}}))},R=s=>{history.pushState(null,"",s),window.dispatchEvent(new CustomEvent("location-changed",{detail:{replace:!1}}))};var Ln=1e4,Ne=8e3,Fn=(s,t)=>s===t||s!==""&&t!==""&&Number(s)===Number(t),Ue=s=>{let t=new Map,e={text:"",until:0},n=i=>{e={text:i,until:Date.now()+Ne},s.requestUpdate()},r=()=>{for(let[i,{value:o,until:c,label:a}]of t){let l=s.hass?.states[i];l!==void 0&&Fn(l.state,o)?t.delete(i):Date.now()>c&&(t.delete(i),e={text:s.say("not_accepted",{value:a}),until:Date.now()+Ne})}Date.now()>e.until&&(e.text="")};return{async send({entity:i,value:o,label:c,call:a}){e.text="",o!==void 0&&t.set(i,{value:o,label:c??o,until:Date.now()+Ln}),s.requestUpdate();try{await a()}catch(l){t.delete(i),n(l.message??s.say("not_accepted",{value:c??""}))}},value(i){return r(),t.get(i.entity_id)?.value??i.state},pending:i=>t.has(i.entity_id),waiting:()=>t.size>0||e.text!=="",refusal(){return r(),e.text}}},ie=(s,t,e,{label:n,icons:r={}})=>{let i=e.attributes.options??[],o=s.value(e),c=x(e),a=Math.max(i.indexOf(o),0),l=d=>{d!==o&&s.send({entity:e.entity_id,value:d,label:t.formatEntityState(e,d),call:()=>t.callService("select","select_option",{option:d},{entity_id:e.entity_id},!1)})},u=d=>{let m={ArrowRight:1,ArrowDown:1,ArrowLeft:-1,ArrowUp:-1}[d.key],g=m&&i[(a+m+i.length)%i.length];if(!g)return;d.preventDefault(),l(g),d.currentTarget.querySelector(`[data-option="${g}"]`)?.focus()};return p`<div
 role="radiogroup"
 class=${s.pending(e)?"pending":""}
 aria-label=${n}
 @keydown=${u}
 >
 ${i.map((d,m)=>p`<button
 role="radio"
 data-option=${d}
 aria-checked=${d===o}
 tabindex=${m===a?0:-1}
 ?disabled=${!c}
 @click=${()=>l(d)}
 >
 ${r[d]?p`<ha-icon aria-hidden="true" icon=${r[d]}></ha-icon>`:h}
 <span>${t.formatEntityState(e,d)}</span>
 </button>`)}
 </div>`},Le=(s,t,e,n)=>{let{min:r=0,max:i=32,step:o=1}=e.attributes,c=Math.max(o,1),a=x(e)?Number(s.value(e)):void 0,l=a!==void 0&&H(e)!==void 0,u=f=>{let b=Math.min(i,Math.max(r,Math.round(f/o)*o));s.send({entity:e.entity_id,value:String(b),label:n.spoken(b),call:()=>t.callService("number","set_value",{value:b},{entity_id:e.entity_id},!1)})},d=f=>u(Number(f.target.value)),m=f=>{let b=f.target,_=b.parentElement?.querySelector("output");_&&(_.textContent=n.value(Number(b.value)))},g=(f,b,_)=>p`<button
 aria-label=${`${n.label}: ${b}`}
 ?disabled=${!l||(f<0?a<=r:a>=i)}
 @click=${()=>u((a??r)+f)}
 >${_}</button>`;return p`<div class="slider ${s.pending(e)?"pending":""}">
 ${g(-c,n.less,"\u2212")}
 <input
 type="range"
 aria-label=${n.label}
 aria-valuetext=${l?n.spoken(a):"\u2013"}
 min=${r}
 max=${i}
 step=${c}
 .value=${String(a??r)}
 ?disabled=${!l}
 @input=${m}
 @change=${d}
 />
 ${g(c,n.more,"+")}
 <output class="num" .textContent=${l?n.value(a):"\u2013"}></output>
 </div>`};var A="meters_and_chargers",X=s=>s?.name_by_user||s?.name||"",Fe=new WeakMap,gt=s=>{let t=Fe.get(s.entities);return t===void 0&&(t=In(s),Fe.set(s.entities,t)),t},In=s=>{let t=new Map;for(let e of Object.values(s.entities)){if(e.platform!==A||e.hidden||!e.device_id)continue;let n=t.get(e.device_id)??{},r=e.translation_key??"";n[r]=[...n[r]??[],e.entity_id],t.set(e.device_id,n)}for(let e of t.values())for(let n of Object.values(e))n.sort();return t},Ie=(s,t)=>[...gt(s)].filter(([e,n])=>t in n&&e in s.devices).map(([e,n])=>({device:e,name:X(s.devices[e]),entities:n})).sort((e,n)=>e.name.localeCompare(n.name,s.language)),q=s=>Ie(s,"charge_mode"),C=s=>Ie(s,"surplus"),jn=["power","current_phase"],ft=(s,t)=>{let e=new Map;for(let[i,o]of gt(s)){let c=s.devices[i],a=c?.parent_device_id,l="charge_mode"in o||"connector_status"in o;if(!a||!("power"in o)||l)continue;let u=s.devices[a];if(t&&a!==t&&u?.via_device_id!==t)continue;let d=e.get(a)??{device:a,name:X(u),circuits:[]},m=jn.flatMap(f=>o[f]??[]),g=X(c);d.circuits.push({device:i,name:g,entities:o,module:a,shown:m}),e.set(a,d)}let n=new Intl.Collator(s.language,{numeric:!0}),r=(i,o)=>n.compare(i.name,o.name);for(let i of e.values())i.circuits.sort(r);return[...e.values()].sort(r)},y=(s,t,e)=>{let[n]=t?.entities[e]??[];return n===void 0?void 0:s.states[n]},Ct=(s,t,e)=>(t.entities[e]??[]).map(n=>s.states[n]).filter(x),je=async s=>{let[t,...e]=C(s),n=t===void 0?[]:q(s);if(t!==void 0&&e.length===0)return new Map(n.map(c=>[c.device,t.device]));if(n.length===0)return new Map;let r=n.map(c=>c.entities.charge_mode?.[0]??""),i=await s.callWS({type:"config/entity_registry/get_entries",entity_ids:r}),o=new Map(C(s).map(c=>[s.devices[c.device]?.primary_config_entry,c.device]));return new Map(n.flatMap((c,a)=>{let l=o.get(i[r[a]??""]?.config_entry_id??void 0);return l===void 0?[]:[[c.device,l]]}))};var zn=s=>({comma_decimal:["en-US","en"],decimal_comma:["de","es","it"],quote_decimal:["de-CH"],space_comma:["fr","sv","cs"],none:["en-US"],system:void 0})[s.number_format??""]??(s.number_format==="system"?void 0:s.language),ze=new Map,qe=(s,t)=>{let e=`${s.number_format} ${s.language} ${Object.values(t)}`,n=ze.get(e);return n===void 0&&(n=new Intl.NumberFormat(zn(s),t),ze.set(e,n)),n},S=(s,t,e=0,n=e)=>qe(s.locale,{minimumFractionDigits:n,maximumFractionDigits:e,useGrouping:s.locale.number_format!=="none"}).format(Object.is(Math.round(t*10**e),-0)?0:t),tt=(s,t)=>s+"\xA0"+t,M=(s,t)=>{let e=Math.abs(t);return e<995?tt(S(s,Math.round(t/10)*10),"W"):tt(S(s,t/1e3,e<99950?1:0),"kW")},E=(s,t,e=1)=>tt(S(s,t,e,0),"A"),F=(s,t,e=1)=>t>=1e4?tt(S(s,t/1e3,1),"MWh"):tt(S(s,t,t<100?e:0),"kWh"),Rt=(s,t)=>tt(S(s,t>99&&t<100?99:t),"%"),bt=(s,t,e)=>{let n=e||s.config.currency;return!n||!/^[A-Z]{3}$/.test(n)?tt(S(s,t,2),n??""):qe(s.locale,{style:"currency",currency:n}).format(t)},yt=(s,t)=>{let{locale:e,config:n}=s,r=e.time_format==="12"?!0:e.time_format==="24"?!1:void 0;return new Intl.DateTimeFormat(e.time_format==="system"?void 0:s.language,{...t,...t.hour?{hour12:r}:{},timeZone:e.time_zone==="local"?void 0:n.time_zone})},Mt=(s,t)=>{let{hour12:e}=yt(s,{hour:"numeric"}).resolvedOptions();return yt(s,{hour:e?"numeric":"2-digit",minute:"2-digit"}).format(t)},Ot=(s,t)=>yt(s,{day:"numeric",month:"short"}).format(t),oe=(s,t)=>yt(s,{month:"long",year:"numeric"}).format(t),Dt=(s,t,e)=>yt(s,{weekday:e}).format(t),We=(s,t,e)=>{let n=r=>{let i=Object.fromEntries(new Intl.DateTimeFormat("en-US",{year:"numeric",month:"numeric",day:"numeric",timeZone:s.locale.time_zone==="local"?void 0:s.config.time_zone}).formatToParts(r).map(o=>[o.type,Number(o.value)]));return Date.UTC(i.year??0,(i.month??1)-1,i.day??1)};return Math.round((n(t)-n(e))/864e5)},Be=s=>`${Math.floor(s/60)}:${String(Math.floor(s%60)).padStart(2,"0")}`;var Pt=30,qn={surplus_low:["min_solar","boost"],no_surplus:["min_solar","boost"],stop_delay:["min_solar","boost"],battery_first:["min_solar","boost"],price_high:["boost"],plan_later:["boost"],disabled:["allow"],ageing:["devices"],meter_stale:["devices"],meter_lost:["devices"],meter_slow:["devices"],not_following:["devices"],charger_offline:["devices"],fault:["devices"]},ae=(s,t,e)=>s.callService(A,"boost",{minutes:e},{entity_id:t},!1),ce=(s,t,e=Pt)=>(t.units.min??"").replace("{value}",S(s,e)),Ke=(s,t,e,n,r)=>{let i=(b,_)=>$(n,b,_),o=C(e),c=o.length===1?o[0]:void 0,a=c===void 0?[]:Wn(e,i,c),l=r.entities.charge_mode?.[0]??"",u=e.states[l],d=r.entities.enabled?.[0]??"",m={min_solar:()=>u===void 0||u.state==="min_solar"?h:g(e.formatEntityState(u,"min_solar"),l,()=>e.callService("select","select_option",{option:"min_solar"},{entity_id:l},!1)),boost:()=>g(i("boost",{left:ce(e,n)}),l,()=>ae(e,l,Pt)),allow:()=>g(i("allow_charging"),d,()=>e.callService("switch","turn_on",{},{entity_id:d},!1)),devices:()=>p`<button
 @click=${()=>R(`/config/integrations/integration/${A}`)}
 >${i("diagnostics")}</button>`},g=(b,_,k)=>p`<button @click=${()=>t.send({entity:_,call:k})}>${b}</button>`,f=qn[y(e,r,"reason")?.state??""]??[];return p`<div class="explained">
 ${a.length>0?p`<h3>${i("what_i_see")}</h3>
 <ul>${a.map(([b,_])=>p`<li><button class="text num" @click=${()=>D(s,_)}>${b}</button></li>`)}</ul>`:h}
 ${f.length>0?p`<h3>${i("what_you_can_do")}</h3>
 <div class="row">${f.map(b=>m[b]())}</div>`:h}
 </div>`},Wn=(s,t,e)=>{let n=[],r=y(s,e,"grid_power"),i=N(r);r&&i!==void 0&&n.push([`${t("grid")}: ${t(i>0?"imports":"exports")} ${M(s,Math.abs(i))}`,r.entity_id]);let o=y(s,e,"surplus"),c=N(o);o&&c!==void 0&&n.push([t("surplus",{power:M(s,c)}),o.entity_id]);for(let[l,u]of["headroom_l1","headroom_l2","headroom_l3"].entries()){let d=y(s,e,u),m=H(d);d&&m!==void 0&&n.push([`L${l+1}: ${t(m<0?"over":"left",{current:E(s,Math.abs(m))})}`,d.entity_id])}let a=y(s,e,"grid_data_state");return x(a)&&n.push([t("meter_data",{state:s.formatEntityState(a)}),a.entity_id]),n};var Bn={have:"power",power:"power",grid:"power",cap:"power",need:"power",free:"current",limit:"current",current:"current",energy:"energy",target:"energy",age:"duration",late:"duration",left:"duration",until:"time",start:"time",ready:"time",price:"price",max_price:"price",soc:"percent",phases:"phases",circuit:"word",charger:"word",phase:"word",count:"word"},Kn={fuse_full:{need:"current"},fuse_resume:{need:"current"},battery_first:{target:"percent"}},Gn=30,et=(s,t)=>{let e=(i,o)=>z(s.units[i]??"",{value:o});if(t<60)return e("s",Math.round(t));let n=Math.round(t/60),r=[];return n>=60&&r.push(e("h",Math.floor(n/60))),n%60&&r.push(e("min",n%60)),r.join("\xA0")},I=(s,t,e,n)=>{let r=We(s,e,n),o={"-1":"yesterday",0:"today",1:"tomorrow"}[r]??(r>0&&r<7?"week":"later"),c=Mt(s,e);return o==="yesterday"?$(t,"yesterday",{time:c}):o==="later"?`${Ot(s,e)} ${c}`:z(t.times[o]??"{time}",{time:c,weekday:Dt(s,e,"short")})},Ge=(s,t,e)=>{let n=(t.getTime()-e.getTime())/1e3;return n<600?Be(n):et(s,n)},Jn=(s,t,e,n,r)=>{let i=Number(n);switch(e){case"power":return M(s,i);case"current":return E(s,i);case"energy":return F(s,i);case"duration":return et(t,i);case"percent":return Rt(s,i);case"time":return I(s,t,new Date(String(n)),r);case"phases":return t.phases[String(n)]??String(n);case"price":return z(t.units.price??"{value}",{value:S(s,i,3,2),currency:s.config.currency??""});default:return String(n)}},Vn=(s,t)=>s.split(", ").filter(e=>[...e.matchAll(/\{(\w+)\}/g)].every(([,n])=>(n??"")in t)).map(e=>z(e,t).replace(/ {2,}/g," ").trim()).filter(e=>e!=="").join(", "),Je=(s,t,e,n,r)=>{if(!x(e))return{key:"",sentence:$(t,"no_reason"),severity:"wait",counts:!1};let i=e.state,o=t.tails[i]??"",c={phase:""};for(let[_,k]of Object.entries(e.attributes)){let w=Kn[i]?.[_]??Bn[_];w===void 0||k===null||_==="grid"&&Number(k)<=Gn||(c[_]=Jn(s,t,w,k,r))}let a=x(n)?n.state:e.attributes.until,l=typeof a=="string"?new Date(a):void 0,u=o.includes("{left}")&&l!==void 0;u&&(c.left=Ge(t,l,r));let d=s.formatEntityState(e),m=u&&l<=r?$(t,"any_moment"):Vn(o,c),f=[...o.matchAll(/\{(left|until|start|ready)\}/g)].some(([,_])=>(_??"")in c),b=l===void 0||f||l<=r?void 0:Yn(s,t,e.attributes.next,l,r);return{key:i,sentence:m?z(t.sentence.with_tail,{head:d,tail:m}):z(t.sentence.without_tail,{head:d}),severity:String(e.attributes.severity??"wait"),next:b,counts:u||b!==void 0}},Yn=(s,t,e,n,r)=>{if(typeof e!="string")return;let i=I(s,t,n,r),o={left:Ge(t,n,r),ready:i,start:i,until:i};return $(t,`next_${e}`,o)};var Ye=s=>x(s)&&s.attributes.plan||void 0,Ze=(s,t,e,n)=>{let r=Ye(e);if(r===void 0)return $(t,"no_plan");let i=r.charge_level===void 0?F(s,r.energy_kwh??0):Rt(s,r.charge_level);return $(t,"plan",{target:i,ready:I(s,t,new Date(r.ready_at),n)})},de=(s,t)=>new Intl.DateTimeFormat("en-GB",{hour:"2-digit",minute:"2-digit",hour12:!1,timeZone:s.config.time_zone}).format(t),Ve=(s,t,e,n)=>{let r=e<=de(s,n),i=new Date(n.getTime()+(r?864e5:0));return $(t,r?"ready_tomorrow":"ready_today",{weekday:Dt(s,i,"long"),time:e})},Qe=(s,t,e,n,r)=>{let i=y(t,n,"charge_mode"),o=Ye(y(t,n,"charger_state")),c=n.entities.charge_mode?.[0]??"",a=()=>s.renderRoot.querySelector("dialog"),l=w=>s.renderRoot.querySelector(`dialog [name=${w}]`),u=()=>{let w=l("level")?.valueAsNumber,G=l("energy")?.valueAsNumber,Kt=w?{charge_level:w}:G?{energy:G}:{};return{time:l("time")?.value??"07:00",...Kt}},d=w=>{s.planAnswer=w,s.requestUpdate()},m=w=>d(w.message??""),g=async(w,G)=>{try{await t.callService(A,w,G,{entity_id:c},!1),s.planAnswer="",a()?.close()}catch(Kt){m(Kt)}},f=async()=>{try{let w=await t.callWS({type:"call_service",domain:A,service:"preview",service_data:u(),target:{entity_id:c},return_response:!0}),G=Object.values(w.response)[0];d([Ve(t,e,l("time")?.value??"07:00",new Date),G?Zn(t,e,G,new Date):""].join(" "))}catch(w){m(w)}},b=i?.state==="off",_=()=>t.callService("select","select_option",{option:"solar"},{entity_id:c},!1);return p`<dialog aria-labelledby="plan-title" @close=${()=>d("")}>
 <form method="dialog" @submit=${w=>{w.preventDefault(),g("set_plan",u())}} @change=${f}>
 <h2 id="plan-title">${$(e,"plan_title",{name:n.name})}</h2>
 ${b?p`<div class="row">
 <span>${$(e,"plan_off")}</span>
 <button type="button" @click=${_}>${$(e,"switch_to_solar")}</button>
 </div>`:h}
 <label>${$(e,"plan_energy")}
 <input name="energy" type="number" min="0.1" max="200" step="0.1"
 .value=${String(o?.energy_kwh??(o?.charge_level?"":20))} />
 </label>
 ${"min_level"in n.entities?p`<label>${$(e,"plan_level")}
 <input name="level" type="number" min="1" max="100" step="1"
 .value=${String(o?.charge_level??"")} />
 </label>`:h}
 <label>${$(e,"plan_ready")}
 <input name="time" type="time" required
 .value=${o?de(t,new Date(o.ready_at)):"07:00"} />
 </label>
 <p role="status">${s.planAnswer||Ve(t,e,o?de(t,new Date(o.ready_at)):"07:00",r)}</p>
 <div class="row actions">
 ${o?p`<button type="button" @click=${()=>g("clear_plan",{})}>${$(e,"remove")}</button>`:h}
 <button type="button" @click=${()=>a()?.close()}>${$(e,"cancel")}</button>
 <button>${$(e,"save")}</button>
 </div>
 </form>
 </dialog>`},Zn=(s,t,e,n)=>{let{start:r,late_minutes:i}=e;return i?$(t,"plan_late",{late:et(t,i*60)}):r?$(t,"plan_starts",{start:I(s,t,new Date(r),n)}):""};var Qn={off:"mdi:power",solar:"mdi:white-balance-sunny",min_solar:"mdi:sun-clock",fast:"mdi:flash"},Xe={no_vehicle:"mdi:ev-plug-type2",blocked:"mdi:lock-outline",waiting_surplus:"mdi:timer-sand",start_delay:"mdi:timer-play-outline",starting:"mdi:timer-play-outline",charging:"mdi:lightning-bolt",limited:"mdi:gauge-low",stop_delay:"mdi:timer-stop-outline",switching_phases:"mdi:sine-wave",paused_fuse:"mdi:fuse-alert",failsafe:"mdi:shield-alert",finished:"mdi:check-circle-outline",fault:"mdi:alert-octagon"},le=["mode","slider","plan","session"],Xn=["mode","slider","phases","boost","plan","session"],ts=1,es=50,tn=(s,t)=>{let e=gt(s).get(t);if(!(e===void 0||!("charge_mode"in e)))return{device:t,name:X(s.devices[t]),entities:e}},ns=(s,t)=>{let e=y(s,t,"charger_state")?.attributes??{},n=e.current_entities,r=(Array.isArray(n)?n.map(l=>s.states[l]):Ct(s,t,"current_phase")).map(H).filter(l=>l!==void 0),i=r.map(Math.abs).filter(l=>l>ts),o=typeof e.power_entity=="string"?e.power_entity:t.entities.power?.[0],c=o===void 0?void 0:N(s.states[o]),a=r.length>0?230*i.reduce((l,u)=>l+u,0):void 0;return{entity:o,power:c??a,reckoned:c===void 0,phases:i.length,current:i.length>0?Math.max(...i):void 0}},Nt=class extends T{#t=Ue(this);#e=!1;#r=!1;#s="";#n="";watched(t){let e=tn(t,String(this.config.device));if(e===void 0)return[];let n=y(t,e,"charger_state")?.attributes??{};return[...Object.values(e.entities).flat(),...[n.power_entity,n.current_entities].flat().map(String),...(this.#r?C(t):[]).flatMap(r=>Object.values(r.entities).flat())]}counting(){return this.#e||this.#t.waiting()}#i=()=>{this.#r=!this.#r,this.requestUpdate()};#o(t){return(this.config.show??le).includes(t)}show(t,e){let n=tn(t,String(this.config.device));if(n===void 0)return p`<ha-card>
 <p>${this.say("no_charger_here")}</p>
 ${this.#y(`/config/integrations/integration/${A}`,"add_charger")}
 </ha-card>`;let r=new Date,i=y(t,n,"charger_state"),o=y(t,n,"reason"),c=y(t,n,"next_change"),a=Je(t,e,o,c,r);this.#e=a.counts,a.key!==this.#n&&(this.#n=a.key,this.#s=a.sentence);let l=this.config.name||n.name,u=String(this.config.view??`/config/devices/device/${n.device}`),d=i?.state==="failsafe"||a.severity==="fault";return p`<ha-card class=${d?a.severity:""}>
 <section aria-labelledby="title">
 <div class="head">
 <h2 id="title">
 <button class="text" @click=${()=>R(u)}>
 ${l}
 </button>
 </h2>
 ${this.#a(t,i)}
 </div>
 ${this.#c(t,e,n)}
 <button class="text reason" aria-expanded=${this.#r} @click=${this.#i}>
 ${d?p`<ha-icon aria-hidden="true" icon=${Xe[i?.state??""]??"mdi:alert"}></ha-icon>`:h}
 ${a.sentence}
 </button>
 <div class="hidden" role="status" aria-live="polite">${this.#s}</div>
 ${a.next?p`<p class="secondary num">${a.next}</p>`:h}
 ${this.#r?Ke(this,this.#t,t,e,n):h}
 ${this.config.compact?h:this.#d(t,e,n,l,r)}
 <p role="status" class="refused">${this.#t.refusal()}</p>
 </section>
 </ha-card>`}#a(t,e){return x(e)?p`<button
 class="text state"
 @click=${()=>D(this,e.entity_id)}
 >
 <ha-icon aria-hidden="true" icon=${Xe[e.state]??"mdi:ev-station"}></ha-icon>
 ${t.formatEntityState(e)}
 </button>`:p`<span class="state">${this.say(Et(e)?"no_contact":"not_yet")}</span>`}#c(t,e,n){let{entity:r,power:i,reckoned:o,phases:c,current:a}=ns(t,n),l=[];i!==void 0&&l.push(`${o?"\u2248 ":""}${M(t,Math.max(i,0))}`);let u=i===void 0||i>es;c>0&&a!==void 0&&u&&l.push(e.phases[c]??"",E(t,a));let d=y(t,n,"charging_current"),m=H(d);a===void 0&&m!==void 0&&(u||m>0)&&l.push(this.say("limit",{current:E(t,m)}));let g=r??d?.entity_id;return l.length===0?p`<p class="figures">–</p>`:p`<button
 class="text figures num"
 ?disabled=${g===void 0}
 @click=${()=>g&&D(this,g)}
 >${l.join(" \xB7 ")}</button>`}#d(t,e,n,r,i){let o={mode:()=>this.#l(t,n,r),slider:()=>this.#m(t,n,r),phases:()=>this.#p(t,n,r),boost:()=>this.#h(t,e,n,i),plan:()=>this.#g(t,e,n,i),session:()=>this.#f(t,e,n,i)};return Xn.filter(c=>this.#o(c)).map(c=>o[c]?.())}#l(t,e,n){let r=y(t,e,"charge_mode");return r===void 0?h:y(t,e,"reason")?.state==="observe"?this.#u(t):ie(this.#t,t,r,{label:this.say("mode_of",{name:n}),icons:Qn})}#u(t){let n=[...gt(t).values()].flatMap(i=>i.observe??[]).filter(i=>t.states[i]?.state==="on"),r=()=>Promise.all(n.map(i=>t.callService("switch","turn_off",{},{entity_id:i})));return p`<div class="row">
 <span>${this.say("observing")}</span>
 ${n.length===1?p`<button @click=${r}>${this.say("take_control")}</button>`:h}
 </div>`}#p(t,e,n){let r=y(t,e,"phases");return r===void 0?h:ie(this.#t,t,r,{label:this.say("phases_of",{name:n})})}#m(t,e,n){let r=y(t,e,"max_current");return r===void 0?h:Le(this.#t,t,r,{label:this.say("max_current_of",{name:n}),value:i=>this.say("max",{current:E(t,i)}),spoken:i=>E(t,i),less:this.say("less"),more:this.say("more")})}#h(t,e,n,r){let i=n.entities.charge_mode?.[0];if(i===void 0)return h;let o=y(t,n,"charger_state")?.attributes.boost_until,c=typeof o=="string"?Math.max(0,Math.ceil((Date.parse(o)-r.getTime())/6e4)):void 0,a=()=>ae(t,i,c===void 0?Pt:0);return p`<button @click=${()=>this.#t.send({entity:i,call:a})}>
 <ha-icon aria-hidden="true" icon="mdi:rocket-launch-outline"></ha-icon>
 ${this.say(c===void 0?"boost":"stop_boost",{left:ce(t,e,c)})}
 </button>`}#g(t,e,n,r){if(!("target_energy"in n.entities))return h;let i=()=>this.renderRoot.querySelector("dialog")?.showModal();return p`<div class="row plan">
 <ha-icon aria-hidden="true" icon="mdi:flag-checkered"></ha-icon>
 <span>${Ze(t,e,y(t,n,"charger_state"),r)}</span>
 <button class="link" @click=${i}>${this.say("edit_plan")}</button>
 </div>
 ${Qe(this,t,e,n,r)}`}#f(t,e,n,r){let i=y(t,n,"session_energy"),o=H(i);if(i===void 0||o===void 0)return h;let c=y(t,n,"session_start"),a=y(t,n,"session_cost"),l=y(t,n,"charger_state")?.state!=="no_vehicle",u=[F(t,o,2)];x(c)&&u.push(I(t,e,new Date(c.state),r));let d=H(a);d!==void 0&&u.push(bt(t,d,String(a?.attributes.unit_of_measurement??"")));let m=this.say(l?"this_session":"last_session");return p`<button class="text num" @click=${()=>D(this,i.entity_id)}>
 <span class="secondary">${m}</span> ${u.join(" \xB7 ")}
 </button>`}#y(t,e){return p`<button @click=${()=>R(t)}>${this.say(e)}</button>`}static{this.styles=[T.styles,O`
 section { display: flex; flex-direction: column; gap: 8px; }
 section > button { align-self: flex-start; }
 .state { display: inline-flex; gap: 4px; align-items: center; flex: none; max-width: 60%; }
 .figures { font-size: var(--ha-font-size-xl, 20px); line-height: 1.3; margin: 0; }
 .reason { min-height: 24px; line-height: 1.4; align-self: flex-start; }
 .explained { border-inline-start: 2px solid var(--divider-color); padding-inline-start: 12px; display: flex; flex-direction: column; gap: 6px; }
 .explained ul { margin: 0; padding: 0; list-style: none; }
 .warn, .fault { border-inline-start: 6px solid var(--warning-color); }
 .fault { border-inline-start-color: var(--error-color); }
 .plan { gap: 4px 8px; }
 .plan span { flex: 1; }
 .refused:empty { display: none; }
 [role="radiogroup"] { display: grid; grid-auto-flow: column; grid-auto-columns: 1fr; gap: 4px; }
 [role="radio"] { display: flex; flex-direction: column; align-items: center; justify-content: center; gap: 2px; padding: 4px 2px; line-height: 1.15; font-size: var(--ha-font-size-s, 12px); min-height: 52px; min-width: 0; hyphens: auto; }
 [role="radio"][aria-checked="true"] { border: 2px solid var(--primary-text-color); background: color-mix(in srgb, var(--primary-color) 20%, transparent); font-weight: 500; }
 .slider { display: flex; align-items: center; gap: 6px; }
 .slider input { flex: 1; min-width: 40px; height: 44px; margin: 0; accent-color: var(--primary-color); }
 .slider button { font-size: 20px; line-height: 1; padding: 0; flex: none; }
 .slider output { min-width: 5em; text-align: end; flex: none; }
 .pending { box-shadow: 0 2px 0 var(--primary-color); }
 dialog { border: 0; border-radius: 16px; padding: 24px; width: min(440px, 100vw - 32px); box-sizing: border-box; background: var(--card-background-color); color: var(--primary-text-color); }
 dialog::backdrop { background: rgb(0 0 0 / 50%); }
 dialog form { display: flex; flex-direction: column; gap: 16px; }
 label { display: flex; flex-direction: column; gap: 4px; }
 label input { min-height: 44px; border: 1px solid var(--secondary-text-color); border-radius: 8px; background: none; padding: 0 8px; color-scheme: light dark; }
 .actions { justify-content: flex-end; }
 `]}};var en={ATTRIBUTE:1,CHILD:2,PROPERTY:3,BOOLEAN_ATTRIBUTE:4,EVENT:5,ELEMENT:6},Ut=s=>(...t)=>({_$litDirective$:s,values:t}),at=class{constructor(t){}get _$AU(){return this._$AM._$AU}_$AT(t,e,n){this._$Ct=t,this._$AM=e,this._$Ci=n}_$AS(t,e){return this.update(t,e)}update(t,e){return this.render(...e)}};var ss={},ue=Ut(class extends at{constructor(){super(...arguments),this.ot=ss}render(s,t){return t()}update(s,[t,e]){if(Array.isArray(t)){if(Array.isArray(this.ot)&&this.ot.length===t.length&&t.every((n,r)=>n===this.ot[r]))return P}else if(this.ot===t)return P;return this.ot=Array.isArray(t)?Array.from(t):t,this.render(t,e)}});var{I:rs}=Oe,nn=s=>s;var sn=()=>document.createComment(""),ct=(s,t,e)=>{let n=s._$AA.parentNode,r=t===void 0?s._$AB:t._$AA;if(e===void 0){let i=n.insertBefore(sn(),r),o=n.insertBefore(sn(),r);e=new rs(i,o,s,s.options)}else{let i=e._$AB.nextSibling,o=e._$AM,c=o!==s;if(c){let a;e._$AQ?.(s),e._$AM=s,e._$AP!==void 0&&(a=s._$AU)!==o._$AU&&e._$AP(a)}if(i!==r||c){let a=e._$AA;for(;a!==i;){let l=nn(a).nextSibling;nn(n).insertBefore(a,r),a=l}}}return e},B=(s,t,e=s)=>(s._$AI(t,e),s),is={},rn=(s,t=is)=>s._$AH=t,on=s=>s._$AH,Lt=s=>{s._$AR(),s._$AA.remove()};var an=(s,t,e)=>{let n=new Map;for(let r=t;r<=e;r++)n.set(s[r],r);return n},pe=Ut(class extends at{constructor(s){if(super(s),s.type!==en.CHILD)throw Error("repeat() can only be used in text expressions")}dt(s,t,e){let n;e===void 0?e=t:t!==void 0&&(n=t);let r=[],i=[],o=0;for(let c of s)r[o]=n?n(c,o):o,i[o]=e(c,o),o++;return{values:i,keys:r}}render(s,t,e){return this.dt(s,t,e).values}update(s,[t,e,n]){let r=on(s),{values:i,keys:o}=this.dt(t,e,n);if(!Array.isArray(r))return this.ut=o,i;let c=this.ut??=[],a=[],l,u,d=0,m=r.length-1,g=0,f=i.length-1;for(;d<=m&&g<=f;)if(r[d]===null)d++;else if(r[m]===null)m--;else if(c[d]===o[g])a[g]=B(r[d],i[g]),d++,g++;else if(c[m]===o[f])a[f]=B(r[m],i[f]),m--,f--;else if(c[d]===o[f])a[f]=B(r[d],i[f]),ct(s,a[f+1],r[d]),d++,f--;else if(c[m]===o[g])a[g]=B(r[m],i[g]),ct(s,r[d],r[m]),m--,g++;else if(l===void 0&&(l=an(o,g,f),u=an(c,d,m)),l.has(c[d]))if(l.has(c[m])){let b=u.get(o[g]),_=b!==void 0?r[b]:null;if(_===null){let k=ct(s,r[d]);B(k,i[g]),a[g]=k}else a[g]=B(_,i[g]),ct(s,r[d],_),r[b]=null;g++}else Lt(r[m]),m--;else Lt(r[d]),d++;for(;g<=f;){let b=ct(s,a[f+1]);B(b,i[g]),a[g++]=b}for(;d<=m;){let b=r[d++];b!==null&&Lt(b)}return this.ut=o,rn(s,a),P}});var os=24,as=5,cs=["position","power","name"],ds=["power","current","energy_today"],nt=(s,t)=>N(y(s,t,"power")),ls=(s,t)=>{let e=Ct(s,t,"current_phase").map(H).filter(n=>n!==void 0);return e.length>0?Math.max(...e.map(Math.abs)):void 0},cn=(s,t)=>t.flatMap(({shown:e})=>e.map(n=>s.states[n])),dn=(s,t)=>t.reduce((e,n)=>e+(nt(s,n)??0),0),Ft=class extends T{#t="";#e;#r=new Map;#s;#n(t){let{entities:e,devices:n}=t,r=this.config.device,i=this.#s;if(i?.entities===e&&i.devices===n&&i.gateway===r)return i.found;let o=ft(t,r);return this.#s={entities:e,devices:n,gateway:r,found:o},o}watched(t){return this.#n(t).flatMap(e=>e.circuits.flatMap(n=>n.shown))}show(t,e){let n=this.#n(t),r=n.flatMap(d=>d.circuits);if(r.length===0)return p`<ha-card>
 <p>${this.say("no_circuits")}</p>
 <button @click=${()=>R(`/config/integrations/integration/${A}`)}>
 ${this.say("show_devices")}
 </button>
 </ha-card>`;let i=this.#t.toLocaleLowerCase(t.language),o=(d,m)=>i===""||`${d.name} ${m.name}`.toLocaleLowerCase(t.language).includes(i),c=Math.max(...r.map(d=>Math.abs(nt(t,d)??0)),1),a=`--most: ${Number(c.toPrecision(2))}`,l=this.#e??String(this.config.sort??"position"),u=r.length>os;return p`<ha-card>
 <section aria-labelledby="title" style=${a}>
 <h2 id="title">${this.config.name||this.say("circuits")}</h2>
 <div class="row tools">
 <label>${this.say("search")}
 <input type="search" .value=${this.#t} @input=${this.#i} /></label>
 <label>${this.say("sort")}
 <select @change=${this.#o}>
 ${cs.map(d=>p`<option value=${d} ?selected=${d===l}>${this.say(`sort_${d}`)}</option>`)}
 </select></label>
 <span class="num">${this.say("in_total",{power:M(t,dn(t,r))})}</span>
 </div>
 ${u&&!i?this.#c(t,r):h}
 ${pe(n,d=>d.device,d=>{let m=i===""&&(this.#r.get(d.device)??u),g=[d,m,i,l,this.config,t.locale];return ue([...g,this.texts,...cn(t,d.circuits)],()=>{let f=d.circuits.filter(_=>o(_,d));if(f.length===0)return h;let b=this.#a(t,f,l);return this.#d(t,d,b,m)})})}
 </section>
 </ha-card>`}#i=t=>{this.#t=t.target.value.trim(),this.requestUpdate()};#o=t=>{this.#e=t.target.value,this.requestUpdate()};#a(t,e,n){return n==="power"?[...e].sort((r,i)=>(nt(t,i)??0)-(nt(t,r)??0)):n==="name"?[...e].sort((r,i)=>r.name.localeCompare(i.name,t.language)):e}#c(t,e){let n=this.#a(t,e,"power").slice(0,as);return p`<h3>${this.say("largest")}</h3>
 ${this.#l(t,n,this.say("largest"))}`}#d(t,e,n,r){return p`<div class="module">
 <h3>
 <button class="fold" aria-expanded=${!r} @click=${()=>{this.#r.set(e.device,!r),this.requestUpdate()}}>
 <ha-icon aria-hidden="true" icon=${r?"mdi:chevron-right":"mdi:chevron-down"}></ha-icon>
 <span>${this.say("module",{name:e.name,count:e.circuits.length})}</span>
 <span class="num">${M(t,dn(t,e.circuits))}</span>
 </button>
 </h3>
 ${r?h:this.#l(t,n,e.name)}
 </div>`}#l(t,e,n){let i=(this.config.columns??ds).includes("current")&&e.some(o=>"current_phase"in o.entities);return p`<table>
 <caption class="hidden">${n}</caption>
 <thead class="hidden"><tr>
 <th scope="col">${this.say("circuit")}</th>
 <th scope="col">${this.say("share")}</th>
 <th scope="col">${this.say("power")}</th>
 ${i?p`<th scope="col">${this.say("current")}</th>`:h}
 </tr></thead>
 <tbody>
 ${pe(e,o=>o.device,o=>ue([o,...cn(t,[o]),i,t.locale,this.texts],()=>this.#u(t,o,i)))}
 </tbody>
 </table>`}#u(t,e,n){let r=y(t,e,"power"),i=nt(t,e),o=n?ls(t,e):void 0,c=this.say(Et(r)?"no_contact":"not_yet"),a=i===void 0?`\u2013 ${c}`:`${i<0?`${this.say("feeds_in")} `:""}${M(t,Math.abs(i))}`;return p`<tr>
 <th scope="row">
 <button class="text" @click=${()=>r&&D(this,r.entity_id)}>${e.name}</button>
 </th>
 <td class="share">
 <span class="bar" aria-hidden="true"><span style="--own: ${Math.abs(i??0)}"></span></span>
 </td>
 <td class="end ${x(r)?"":"secondary"}">${a}</td>
 ${n?p`<td class="end">${o===void 0?"\u2013":E(t,o)}</td>`:h}
 </tr>`}static{this.styles=[T.styles,O`
 section { max-width: 1100px; margin: 0 auto; display: flex; flex-direction: column; gap: 12px; }
 .tools { gap: 16px; align-items: flex-end; }
 .tools label { display: flex; flex-direction: column; gap: 4px; color: var(--secondary-text-color); }
 .tools input, .tools select { min-height: 44px; border: 1px solid var(--secondary-text-color); border-radius: 8px; background: var(--card-background-color); color: var(--primary-text-color); padding: 0 8px; max-width: 100%; }
 .module { content-visibility: auto; contain-intrinsic-size: auto 200px; }
 .fold { display: flex; width: 100%; border: 0; gap: 8px; align-items: center; padding: 4px 0; text-align: start; font-weight: 500; }
 .fold span:nth-of-type(1) { flex: 1; overflow-wrap: anywhere; }
 th[scope="row"] { width: 40%; color: var(--primary-text-color); overflow-wrap: anywhere; }
 .share { width: 30%; }
 .share .bar { margin-top: 7px; min-width: 40px; }
 .share .bar > span { background: var(--primary-color); height: 100%; width: calc(100% * var(--own) / var(--most)); }
 td:last-child { padding-inline-end: 0; }
 @container (max-width: 480px) {
 tbody tr { display: grid; grid-template-columns: 1fr auto auto; padding: 6px 0; }
 tbody td, tbody th[scope="row"] { padding: 2px 0 2px 8px; width: auto; }
 tbody th[scope="row"] { padding-inline-start: 0; }
 tbody .share { grid-row: 2; grid-column: 1 / -1; padding: 2px 0; width: auto; }
 .share .bar { margin: 0; height: 6px; }
 }
 section { container-type: inline-size; }
 `]}};var me=`/config/integrations/integration/${A}`,us=1e4,ps=5,It=["no_contact","wrong_device","refused","waiting_for_acceptance","off","late","slow","working"],jt=class extends T{#t;#e;watched(t){return C(t).flatMap(e=>Object.values(e.entities).flat())}updated(){super.updated(),!(this.#e!==void 0||document.hidden||!this.isConnected)&&this.hass!==void 0&&(this.#e=setTimeout(()=>{this.#e=void 0,!document.hidden&&this.isConnected&&this.#r()},this.#t===void 0?0:us))}disconnectedCallback(){super.disconnectedCallback(),clearTimeout(this.#e),this.#e=void 0}async#r(){try{this.#t=await this.hass?.callWS({type:`${A}/health`})}catch{this.#t={connections:[],sites:{}}}this.requestUpdate()}show(t,e){let n=this.#t?.connections.toSorted((i,o)=>It.indexOf(i.status)-It.indexOf(o.status)||i.name.localeCompare(o.name,t.language)),r=C(t).filter(i=>!this.config.site||i.device===this.config.site);return p`<ha-card>
 <section aria-labelledby="title">
 <h2 id="title">${this.config.name||this.say("health")}</h2>
 ${r.map(i=>this.#s(t,e,i))}
 ${n===void 0?p`<div class="blank" aria-busy="true"></div>`:n.length>0?this.#i(t,e,n):p`<p>${this.say("no_devices")}</p>`}
 <div class="row">
 <button @click=${()=>R(me)}>${this.say("diagnostics")}</button>
 </div>
 </section>
 </ha-card>`}#s(t,e,n){let r=t.devices[n.device]?.primary_config_entry??"",i=this.#t?.sites[r],o=y(t,n,"grid_data_state"),c=y(t,n,"headroom_l1")?.attributes.rating,a=y(t,n,"overload_count"),l=H(a),u=Number(a?.attributes.worst??0),m=y(t,n,"observe")?.state==="on"?this.say("observing"):this.say("guarding",{current:E(t,Number(c??0))});return p`<div>
 <h3>${n.name}</h3>
 <p class="num">${m} ${x(o)?this.say("meter_data",{state:t.formatEntityState(o)}):this.say("no_meter_data")}${typeof i=="number"?` \xB7 ${this.#n(e,i)}`:""}.
 ${l===void 0?h:l===0?this.say("no_overload"):this.say("overloads",{count:S(t,l),current:E(t,u)})}</p>
 </div>`}#n(t,e){return e<ps?this.say("live"):et(t,e)}#i(t,e,n){return p`<table>
 <thead><tr>
 ${["connection","status","data_age","answer_time","errors"].map((i,o)=>p`<th scope="col" class=${o>1?"end":""}>${this.say(i)}</th>`)}
 </tr></thead>
 <tbody>${n.map(i=>this.#o(t,e,i))}</tbody>
 </table>`}#o(t,e,n){let{status:r,age:i,answer:o,failures:c,waiting:a,since:l}=n,u=r==="working",d=n.device_id?t.devices[n.device_id]:void 0,m=[X(d)||n.name,n.path].filter(Boolean).join(" \xB7 "),g=d?`/config/devices/device/${d.id}`:me,f=[l?this.say("since",{time:I(t,e,new Date(l),new Date)}):"",n.left_alone?this.say("left_alone",{time:et(e,n.left_alone)}):"",a?this.say("queue",{count:a}):""].filter(Boolean),b={data_age:typeof i=="number"&&r!=="no_contact"?this.#n(e,i):"\u2013",answer_time:typeof o=="number"?this.#a(t,o):"\u2013",errors:c===void 0?"\u2013":S(t,c)};return p`<tr>
 <th scope="row"><button class="text" @click=${()=>R(g)}>${m}</button></th>
 <td><span class="status ${u?"":"bad"}">
 <ha-icon aria-hidden="true" icon=${u?"mdi:check-circle-outline":"mdi:alert-circle-outline"}></ha-icon>
 ${this.say(r)}</span>
 ${f.length>0?p`<div class="secondary">${f.join(" \xB7 ")}</div>`:h}
 ${It.indexOf(r)<It.indexOf("late")?p`<button class="link" @click=${()=>R(`${me}#config_entry=${n.entry_id}`)}>${this.say("what_to_do")}</button>`:h}</td>
 ${Object.entries(b).map(([_,k])=>p`<td class="end" data-name=${this.say(_)}>${k}</td>`)}
 </tr>`}#a(t,e){return e<1?`${S(t,1e3*e)}\xA0ms`:`${S(t,e,1)}\xA0s`}static{this.styles=[T.styles,O`
 section { display: flex; flex-direction: column; gap: 16px; }
 tbody th { color: var(--primary-text-color); overflow-wrap: anywhere; }
 section { container-type: inline-size; }
 .status { display: inline-flex; gap: 4px; align-items: center; }
 .bad { font-weight: 700; }
 .link { padding-inline-start: 0; }
 td:last-child { padding-inline-end: 0; }
 @container (max-width: 480px) {
 thead { position: absolute; clip-path: inset(50%); }
 tbody tr { display: grid; grid-template-columns: repeat(3, 1fr); padding: 8px 0; border-bottom: 1px solid var(--divider-color); }
 tbody th, tbody td { padding: 2px 0; text-align: start; }
 tbody th, tbody td:nth-of-type(1) { grid-column: 1 / -1; }
 td[data-name]::before { content: attr(data-name); display: block; color: var(--secondary-text-color); font-size: var(--ha-font-size-s, 12px); }
 }
 `]}};var ln=["start","end","duration","charger","tag","energy","cost","currency","price","meter_start","meter_end","reason","id"],ms=["energy","meter_start","meter_end"],hs=/^[=+\-@\t\r]/,un=(s,t)=>{let e=t?";":",",n=(i,o)=>{if(o==null)return"";if(typeof o=="number"&&i!=="id"){let l=ms.includes(i)?o.toFixed(3):String(o);return t?l.replace(".",","):l}let c=String(o),a=hs.test(c)?`'${c}`:c;return/[",;\n\r]/.test(a)?`"${a.replaceAll('"','""')}"`:a},r=s.map(i=>ln.map(o=>n(o,i[o])).join(e));return`\uFEFF${[ln.join(e),...r].join(`\r
`)}\r
`};var zt=["month","year","range"],gs=5e3,fs=(s,t,e)=>{let n=e.getFullYear();if(s==="year")return[new Date(n-t,0,1),new Date(n-t+1,0,1)];let r=e.getMonth()-t;return[new Date(n,r,1),new Date(n,r+1,1)]},st=s=>`${s.getFullYear()}-${String(s.getMonth()+1).padStart(2,"0")}-${String(s.getDate()).padStart(2,"0")}`,qt=class extends T{#t="month";#e=0;#r;#s;#n="";#i="";setConfig(t){super.setConfig(t),this.#t=String(t.period??"month")}watched(t){return q(t).flatMap(e=>e.entities.transaction??[])}#o(){return this.#t==="range"&&this.#r?this.#r:fs(this.#t,this.#e,new Date)}async#a(t,e,n){try{let r=this.config.device,{response:i}=await t.callWS({type:"call_service",domain:A,service:"get_sessions",service_data:{from:`${st(e)} 00:00:00`,to:`${st(n)} 00:00:00`,limit:gs,...r?{device_id:[r]}:{}},return_response:!0});this.#s=i.sessions,this.#n=""}catch(r){this.#s=[],this.#n=r.message??""}this.requestUpdate()}show(t,e){let[n,r]=this.#o(),i=q(t).map(c=>y(t,c,"transaction")?.state),o=`${st(n)} ${st(r)} ${i.join()}`;return o!==this.#i&&(this.#i=o,this.#a(t,n,r)),p`<ha-card>
 <section aria-labelledby="title">
 <h2 id="title">${this.config.name||this.say("sessions")}</h2>
 ${this.#c(t,n,r)}
 ${this.#l(t,n)}
 </section>
 </ha-card>`}#c(t,e,n){let r=a=>{this.#t=a,this.#e=0,this.#r=a==="range"?[e,n]:void 0,this.requestUpdate()},i=a=>{this.#e+=a,this.requestUpdate()},o=a=>{let l={ArrowRight:1,ArrowLeft:2}[a.key],u=l&&zt[(zt.indexOf(this.#t)+l)%zt.length];u&&(r(u),a.currentTarget.querySelector(`[data-period=${u}]`)?.focus())},c=this.#t==="year"?String(e.getFullYear()):oe(t,e);return p`<div class="row">
 <div role="radiogroup" class="row" aria-label=${this.say("period")} @keydown=${o}>
 ${zt.map(a=>p`<button
 role="radio"
 data-period=${a}
 aria-checked=${a===this.#t}
 tabindex=${a===this.#t?0:-1}
 @click=${()=>r(a)}
 >${this.say(`period_${a}`)}</button>`)}
 </div>
 ${this.#t==="range"?this.#d(e,n):p`<div class="row">
 <button aria-label=${this.say("earlier")} @click=${()=>i(1)}>‹</button>
 <span>${c}</span>
 <button aria-label=${this.say("later")} ?disabled=${this.#e===0} @click=${()=>i(-1)}>›</button>
 </div>`}
 </div>`}#d(t,e){let n=new Date(e.getTime()-432e5);return p`<div class="row" @change=${i=>{let o=i.currentTarget.querySelectorAll("input"),[c,a]=[...o].map(l=>{let[u=0,d=1,m=1]=l.value.split("-").map(Number);return l.value?new Date(u,d-1,m):void 0});!c||!a||a<c||(this.#r=[c,new Date(a.getFullYear(),a.getMonth(),a.getDate()+1)],this.requestUpdate())}}>
 <label>${this.say("first_day")} <input type="date" .value=${st(t)} /></label>
 <label>${this.say("last_day")} <input type="date" .value=${st(n)} /></label>
 </div>`}#l(t,e){let n=this.#s;if(n===void 0)return p`<div class="blank" aria-busy="true"></div>`;if(this.#n)return p`<p role="alert">${this.#n}</p>`;if(n.length===0)return p`<p>${this.say(this.#t==="month"?"no_sessions_in":"no_sessions",{month:oe(t,e)})}</p>`;let r=n.filter(a=>!a.doubtful),i=a=>r.reduce((l,u)=>l+(u[a]??0),0),o=r.some(a=>a.cost!==null),c=r.find(a=>a.currency)?.currency;return p`<table>
 <caption class="hidden">${this.say("sessions")}</caption>
 <thead><tr>
 ${["start","duration","charger","card"].map(a=>p`<th scope="col" class=${a}>${this.say(`column_${a}`)}</th>`)}
 <th scope="col" class="end">${this.say("column_energy")}</th>
 ${o?p`<th scope="col" class="end">${this.say("column_cost")}</th>`:h}
 </tr></thead>
 <tbody>${n.map(a=>this.#u(t,a,o))}</tbody>
 <tfoot><tr>
 <th scope="row" colspan="4">${this.say("sum",{count:r.length})}</th>
 <td class="end">${F(t,i("energy"),2)}</td>
 ${o?p`<td class="end">${bt(t,i("cost"),c)}</td>`:h}
 </tr></tfoot>
 </table>
 ${r.length<n.length?p`<p class="secondary">${this.say("doubtful")}</p>`:h}
 <div class="row"><button @click=${()=>this.#p(t,n)}>
 <ha-icon aria-hidden="true" icon="mdi:download"></ha-icon> ${this.say("csv")}
 </button></div>`}#u(t,e,n){let r=e.start?new Date(e.start):void 0,i=e.duration,o=i===null?"\u2013":`${Math.floor(i/60)}:${String(Math.round(i)%60).padStart(2,"0")}`;return p`<tr class=${e.running?"running":""}>
 <td class="start">${r?`${Ot(t,r)}, ${Mt(t,r)}`:"\u2013"}
 ${e.running?p`<br />${this.say("running")}`:h}
 ${e.doubtful?p`<br />${this.say("check")}`:h}</td>
 <td class="duration">${o}</td>
 <td class="charger">${e.charger}</td>
 <td class="card">${e.tag||"\u2013"}</td>
 <td class="end">${e.energy===null?"\u2013":F(t,e.energy,2)}</td>
 ${n?p`<td class="end">${e.cost===null?"\u2013":bt(t,e.cost,e.currency)}</td>`:h}
 </tr>`}#p(t,e){let[n]=this.#o(),r=document.createElement("a"),i=S(t,.5,1).includes(",");r.href=URL.createObjectURL(new Blob([un(e,i)],{type:"text/csv;charset=utf-8"})),r.download=`sessions_${st(n)}.csv`,r.click(),setTimeout(()=>URL.revokeObjectURL(r.href),1e3)}static{this.styles=[T.styles,O`
 section { max-width: 1100px; margin: 0 auto; display: flex; flex-direction: column; gap: 16px; container-type: inline-size; }
 [role="radio"][aria-checked="true"] { border: 2px solid var(--primary-text-color); background: color-mix(in srgb, var(--primary-color) 20%, transparent); }
 thead th { border-bottom: 1px solid var(--divider-color); }
 tfoot th, tfoot td { border-top: 1px solid var(--secondary-text-color); font-weight: 500; color: var(--primary-text-color); }
 .running { font-weight: 700; }
 label input { min-height: 44px; border: 1px solid var(--secondary-text-color); border-radius: 8px; background: none; padding: 0 8px; color-scheme: light dark; }
 @container (max-width: 560px) {
 thead { position: absolute; clip-path: inset(50%); }
 tbody tr { display: grid; grid-template-columns: 1fr auto; padding: 8px 0; border-bottom: 1px solid var(--divider-color); }
 tbody td { padding: 2px 0; }
 .card { display: none; }
 .charger { grid-row: 2; grid-column: 1; }
 .start { grid-row: 1; grid-column: 1; }
 .duration { grid-row: 1; grid-column: 2; text-align: end; }
 tfoot tr { display: flex; gap: 8px; border-top: 1px solid var(--secondary-text-color); }
 tfoot th { flex: 1; }
 tfoot th, tfoot td { border: 0; padding-inline-end: 0; }
 }
 `]}};var ys=30,mn=.05,Wt=async s=>{try{return(await s.callWS({type:"energy/get_prefs"})).energy_sources.flatMap(e=>e.type==="solar"&&e.stat_rate?[e.stat_rate]:[])}catch{return[]}},bs=s=>{let t=s.filter(e=>e!==void 0);return t.length>0?t.reduce((e,n)=>e+n,0):void 0},pn=(s,t)=>{let e=s.reduce((r,i)=>r+i.power,0),n=t-e;return n>mn*t?[...s,{key:"rest",power:n}]:s},hn=(s,t,e)=>{let n=N(y(s,t,"grid_power")),r=N(y(s,t,"battery_power")),i=N(y(s,t,"charging_power")),o=bs(e.map(_=>N(s.states[_]))),c=o===void 0?void 0:Math.max(o,0),a=n===void 0||e.length>0&&c===void 0?void 0:n+(c??0)+(r??0)-(i??0),l=Math.max(n??0,0)+(c??0)+Math.max(r??0,0),u=a===void 0||a<-mn*l?void 0:Math.max(a,0),d=(_,k=0)=>k>ys||k>0&&_!=="grid"?[{key:_,power:k}]:[],m=[...d("sun",c),...d("battery",r),...d("grid",n)],g=[...d("house",u),...d("cars",i),...d("battery",-(r??0)),...d("grid",-(n??0))],f=_=>_.reduce((k,w)=>k+w.power,0),b=Math.max(f(m),f(g));return{from:pn(m,b),to:pn(g,b),total:b,grid:n,sun:c,battery:r,house:u,cars:i}};var he=["flow","phases","surplus"],gn=3,_s=30,$s=["l1","l2","l3"],vs=["aging","stale","lost"],fn=(s,t)=>{let e=C(s);return t===void 0?e[0]:e.find(n=>n.device===t)},Bt=class extends T{#t=[];#e=!1;watched(t){let e=fn(t,this.config.site);return[...Object.values(e?.entities??{}).flat(),...this.#t]}async#r(t){this.#e=!0,this.#t=await Wt(t),this.requestUpdate()}show(t,e){this.#e||this.#r(t);let n=fn(t,this.config.site);if(n===void 0)return p`<ha-card>
 <p>${this.say("no_site")}</p>
 <button @click=${()=>R(`/config/integrations/integration/${A}`)}>
 ${this.say("add_site")}
 </button>
 </ha-card>`;let r=i=>(this.config.show??he).includes(i);return p`<ha-card>
 <section aria-labelledby="title">
 <div class="head">
 <h2 id="title">
 <button class="text" @click=${()=>R(`/config/devices/device/${n.device}`)}>
 ${this.config.name||n.name}
 </button>
 </h2>
 ${this.#s(t,n)}
 </div>
 ${r("flow")?this.#n(t,n):h}
 ${r("surplus")?this.#o(t,n):h}
 ${r("phases")?this.#a(t,e,n):h}
 </section>
 </ha-card>`}#s(t,e){let n=y(t,e,"grid_data_state");if(n===void 0||!vs.includes(n.state))return h;let r=H(y(t,e,"data_age")),i=r===void 0?"":` \xB7 ${S(t,r)}\xA0s`;return p`<button class="text secondary" @click=${()=>D(this,n.entity_id)}>
 <ha-icon aria-hidden="true" icon="mdi:database-clock"></ha-icon>
 ${this.say("meter_data",{state:t.formatEntityState(n)})}${i}
 </button>`}#n(t,e){let n=hn(t,e,this.#t),r=(i,o)=>p`<div class="flow">
 <span class="secondary">${this.say(i)}</span>
 <div class="bar" aria-hidden="true">
 ${o.map(c=>p`<span
 class="${c.key} ${i}"
 style="width: ${100*c.power/(n.total||1)}%"
 ></span>`)}
 </div>
 </div>`;return p`${r("from",n.from)}${r("to",n.to)}
 <dl>${this.#i(t,e,n)}</dl>
 ${[...n.from,...n.to].some(i=>i.key==="rest")?p`<p class="secondary">${this.say("not_measured")}</p>`:h}`}#i(t,e,n){let r=u=>u===void 0?"\u2013":M(t,Math.abs(u)),i=(u,d,m)=>u===void 0?"\u2013":Math.abs(u)<=_s?this.say("balanced"):`${this.say(u>0?d:m)} ${r(u)}`,o=(u,d,m,g)=>p`<div>
 <dt><span class="swatch ${u}" aria-hidden="true"></span>
 <ha-icon aria-hidden="true" icon=${d}></ha-icon>${this.say(u)}</dt>
 <dd>${g===void 0?m:p`<button class="text" @click=${()=>D(this,g)}>${m}</button>`}</dd>
 </div>`,c=u=>e.entities[u]?.[0],a="battery_power"in e.entities,l=(n.battery??0)!==0;return[this.#t.length>0?o("sun","mdi:white-balance-sunny",r(n.sun),this.#t[0]):h,a?o("battery","mdi:home-battery-outline",l?i(n.battery,"discharges","charges"):r(n.battery),c("battery_power")):h,o("grid","mdi:transmission-tower",i(n.grid,"imports","exports"),c("grid_power")),o("house","mdi:home-outline",r(n.house)),o("cars","mdi:car-electric",r(n.cars),c("charging_power"))]}#o(t,e){let n=y(t,e,"surplus"),r=H(n);return n===void 0||r===void 0||r<=0?h:p`<button class="text num" @click=${()=>D(this,n.entity_id)}>
 ${this.say("surplus",{power:M(t,r)})}
 </button>`}#a(t,e,n){let r=$s.map(o=>y(t,n,`headroom_${o}`)),i=r.map(o=>o?.attributes.rating).find(Number.isFinite);return p`<div class="phases">
 <span class="secondary">
 ${this.say("fuse",{current:i===void 0?"":E(t,Number(i))})}
 </span>
 ${r.map((o,c)=>{if(o===void 0)return h;let a=`L${c+1}`,l=x(o)?Math.floor(Number(o.state)):void 0,u=Number(o.attributes.rating??0),d=l===void 0||u===0?0:Math.min(Math.max(1-l/u,0),1);return p`<button
 class="text phase ${l!==void 0&&l<gn?"tight":""}"
 @click=${()=>D(this,o.entity_id)}
 >
 <span>${a}</span>
 <span class="bar" aria-hidden="true"><span style="width: ${100*d}%"></span></span>
 <span class="num">${this.#c(t,l)}</span>
 </button>`})}
 </div>`}#c(t,e){if(e===void 0)return"\u2013";let n=E(t,Math.abs(e),0);return e<0?p`<ha-icon aria-hidden="true" icon="mdi:fuse-alert"></ha-icon> ${this.say("over",{current:n})}`:this.say(e<gn?"left_tight":"left",{current:n})}static{this.styles=[T.styles,O`
 section { display: flex; flex-direction: column; gap: 12px; }
 section > button { align-self: flex-start; }
 .flow { display: grid; grid-template-columns: 3.2em 1fr; align-items: center; gap: 8px; }
 .flow .bar { height: 18px; border-radius: 9px; }
 .bar > span + span { border-inline-start: 2px solid var(--card-background-color); }
 .sun { background: var(--energy-solar-color); }
 .battery { background: var(--energy-battery-out-color); }
 .to.battery { background: var(--energy-battery-in-color); }
 .grid { background: var(--energy-grid-consumption-color); }
 .bar .to.grid { background: repeating-linear-gradient(45deg, var(--energy-grid-return-color) 0 6px, var(--card-background-color) 6px 8px); }
 .house { background: color-mix(in srgb, var(--primary-color) 60%, transparent); }
 .cars { background: var(--primary-color); }
 .rest { background: repeating-linear-gradient(135deg, var(--secondary-text-color) 0 2px, transparent 2px 7px); }
 dl { margin: 0; display: grid; grid-template-columns: repeat(auto-fill, minmax(min(150px, 100%), 1fr)); gap: 10px 16px; }
 dt { display: flex; align-items: center; gap: 6px; }
 dt ha-icon { --mdc-icon-size: 18px; }
 dd { margin: 0; font-size: var(--ha-font-size-l, 16px); }
 .swatch { width: 10px; height: 10px; border-radius: 50%; border: 1px solid var(--secondary-text-color); flex: none; }
 .phases { display: flex; flex-direction: column; gap: 6px; }
 .phase { display: grid; grid-template-columns: 2em 1fr minmax(6em, auto); gap: 8px; align-items: center; min-height: 28px; }
 .phase .bar > span { background: var(--primary-color); height: 100%; }
 .phase .num { text-align: end; }
 .tight { font-weight: 700; }
 .tight .bar > span { background: var(--warning-color); }
 `]}};var rt="custom:meters-chargers",vn=3,xs=6,K={columns:12},yn=["overview","chargers","circuits","sessions","health"],ws=async(s,t)=>{let e=C(t),n=e.find(m=>m.device===s.site)??e[0],[r,i,o]=await Promise.all([re(t.language),Wt(t),je(t)]),c=new Set(s.hide_devices),a=q(t).filter(m=>!c.has(m.device)&&(n===void 0||o.get(m.device)===n.device)),l={hass:t,texts:r,config:s,site:n,chargers:a,suns:i},u={overview:()=>[Ss(l)],chargers:()=>a.map((m,g)=>Hs(l,m,g)),circuits:()=>ft(t).length>0?[bn(l,"circuits","mdi:file-tree",{type:`${rt}-circuits-card`})]:[],sessions:()=>a.some(m=>"transaction"in m.entities)?[bn(l,"sessions","mdi:receipt-text-clock-outline",{type:`${rt}-sessions-card`})]:[],health:()=>[Es(l)]},d=s.show??yn;return{views:yn.filter(m=>d.includes(m)).flatMap(m=>u[m]?.()??[])}},it=(...s)=>({type:"grid",cards:s}),_t=(s,t)=>({type:"heading",heading:s,icon:t}),ge=(s,t,e,n,r={})=>({type:"sections",title:$(s.texts,t),path:t,icon:e,max_columns:3,sections:n,...r}),bn=(s,t,e,n)=>({title:$(s.texts,t),path:t,icon:e,type:"panel",cards:[n]}),xn=s=>`charger-${s+1}`,Ss=s=>{let{site:t,chargers:e}=s,n=e.length>vn,r=e.map((l,u)=>({type:`${rt}-charger-card`,device:l.device,view:xn(u),...n?{compact:n}:{}})),i=e.length===0?[{type:`${rt}-charger-card`}]:[],o=[...r,...i].map(l=>({...l,grid_options:K})),c={type:`${rt}-site-card`,...t?{site:t.device}:{},grid_options:K},a=Ts(s);return ge(s,"overview","mdi:home-lightning-bolt",[it(...o),it(c,...ks(s)),...a.length>0?[it(...a)]:[]],{badges:As(s)})},As=({site:s,texts:t})=>{let e=s?.entities.grid_data_state?.[0];return e===void 0?[]:[{type:"entity",entity:e,name:$(t,"meter"),show_name:!0,tap_action:{action:"navigate",navigation_path:"health"}}]},ks=({hass:s,config:t,texts:e})=>{let n=ft(s).flatMap(r=>r.circuits.map(i=>({circuit:i,module:r}))).map(({circuit:r,module:i})=>({entity:y(s,r,"power")?.entity_id??"",name:`${r.name}, ${i.name}`,power:nt(s,r)??0})).filter(({power:r})=>r>0).sort((r,i)=>i.power-r.power).slice(0,t.circuits_limit??xs);return n.length<2?[]:[_t($(e,"top_circuits"),"mdi:file-tree"),{type:"distribution",entities:n.map(({entity:r,name:i})=>({entity:r,name:i})),grid_options:K}]},Ts=({site:s,suns:t,texts:e})=>{let n=[...t.map(r=>({entity:r,name:$(e,"sun"),color:"amber"})),..._n(s,"grid_power",$(e,"grid"),"blue"),..._n(s,"charging_power",$(e,"cars"),"green")];return n.length===0?[]:[_t($(e,"last_hours"),"mdi:chart-line"),{type:"history-graph",hours_to_show:6,entities:n,grid_options:{columns:"full",rows:5}}]},_n=(s,t,e,n)=>(s?.entities[t]??[]).map(r=>({entity:r,name:e,color:n})),$n={type:"entity"},Hs=(s,t,e)=>{let{hass:n,texts:r,chargers:i}=s,o=f=>$(r,f),c=(f,b)=>(t.entities[f]??[]).map(_=>({type:"tile",entity:_,name:$n,...b?{features:[b],grid_options:K}:{}})),a=(...f)=>f.flatMap(b=>c(b)),l={type:"numeric-input",style:"buttons"},u=["charger_state","power","charging_current"].flatMap(f=>t.entities[f]??[]).map(f=>({entity:f,name:$n})),d={type:"logbook",target:{entity_id:t.entities.reason??[]},hours_to_show:24,grid_options:{columns:12,rows:6}},m=it({type:`${rt}-charger-card`,device:t.device,show:["mode","slider","phases","boost","plan","session"],grid_options:K},_t(o("settings"),"mdi:tune"),...c("min_current",l),...c("priority",l),...c("target_energy",l),...c("enabled",{type:"toggle"}),...a("starts_today","phase_changes_today","writes_today")),g=it(_t(o("right_now"),"mdi:pulse"),...c("power",{type:"trend-graph"}),...a("current_phase","session_energy","energy_import"),{type:"history-graph",hours_to_show:12,entities:u,grid_options:K},...n.config.components.includes("logbook")?[_t(o("why"),"mdi:message-text-outline"),d]:[]);return{...ge(s,t.name,"mdi:ev-station",[m,g]),title:t.name,path:xn(e),max_columns:2,...i.length>vn?{subview:!0}:{}}},Es=s=>ge(s,"health","mdi:heart-pulse",[it({type:`${rt}-health-card`,grid_options:K}),it({type:"repairs",grid_options:K})]);var Cs={charger:Nt,site:Bt,circuits:Ft,sessions:qt,health:jt};for(let[s,t]of Object.entries(Cs))customElements.define(`meters-chargers-${s}-inside`,t);var ro=(s,t)=>s==="charger"?{device:q(t)[0]?.device??"",show:le}:s==="site"?{site:C(t)[0]?.device??"",show:he}:{};export{ws as generate,ro as stub};
/*! Bundled license information:

@lit/reactive-element/css-tag.js:
  (**
   * @license
   * Copyright 2019 Google LLC
   * SPDX-License-Identifier: BSD-3-Clause
   *)

@lit/reactive-element/reactive-element.js:
lit-html/lit-html.js:
lit-element/lit-element.js:
lit-html/directive.js:
lit-html/directives/repeat.js:
  (**
   * @license
   * Copyright 2017 Google LLC
   * SPDX-License-Identifier: BSD-3-Clause
   *)

lit-html/is-server.js:
  (**
   * @license
   * Copyright 2022 Google LLC
   * SPDX-License-Identifier: BSD-3-Clause
   *)

lit-html/directives/guard.js:
  (**
   * @license
   * Copyright 2018 Google LLC
   * SPDX-License-Identifier: BSD-3-Clause
   *)

lit-html/directive-helpers.js:
  (**
   * @license
   * Copyright 2020 Google LLC
   * SPDX-License-Identifier: BSD-3-Clause
   *)
*/
